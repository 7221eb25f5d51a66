/** A state machine in Amazon States Language, as far as AWSTarget emits it. */
export interface Machine {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

interface State {
  readonly Type: string;
  readonly Next?: string;
  readonly Parameters?: Json;
  readonly ResultSelector?: Json;
  readonly ResultPath?: string | null;
  readonly Branches?: readonly Machine[];
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly {
    readonly ErrorEquals: readonly string[];
    readonly Next: string;
    readonly ResultPath?: string;
  }[];
  readonly ErrorPath?: string;
  readonly CausePath?: string;
}

interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly MaxAttempts?: number;
}

// biome-ignore lint/suspicious/noExplicitAny: the data of a state machine
type Json = any;

/** Calls a function by its name. */
export type Invoke = (
  name: string,
  payload: unknown,
) => Promise<{
  readonly answer?: unknown;
  readonly error?: { readonly errorType: string; readonly errorMessage: string };
}>;

/** An execution that was started. */
export interface Execution {
  readonly input: string;
  readonly status: "RUNNING" | "SUCCEEDED" | "FAILED" | "ABORTED";
  /** https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html */
  readonly events: readonly Json[];
  stop(): void;
}

/** Runs a machine. Retries wait for no time. */
export function run(machine: Machine, name: string, input: string, invoke: Invoke): Execution {
  const history = new History();
  const stopped = new AbortController();
  const execution = {
    input,
    status: "RUNNING" as Execution["status"],
    events: history.events,
    stop: () => stopped.abort(),
  };
  const walker = new Walker(history, name, invoke);
  const first = history.add("ExecutionStarted", 0, { executionStartedEventDetails: { input } });
  walker.chain(machine, JSON.parse(input), first, stopped.signal).then(
    ({ data, last }) => {
      execution.status = "SUCCEEDED";
      history.add("ExecutionSucceeded", last, { executionSucceededEventDetails: { output: JSON.stringify(data) } });
    },
    (thrown: unknown) => {
      if (!(thrown instanceof StateError)) throw thrown;
      const { error, cause, at } = thrown;
      execution.status = stopped.signal.aborted ? "ABORTED" : "FAILED";
      if (stopped.signal.aborted) history.add("ExecutionAborted", 0, { executionAbortedEventDetails: {} });
      else history.add("ExecutionFailed", at, { executionFailedEventDetails: { error, cause } });
    },
  );
  return execution;
}

class History {
  readonly events: Json[] = [];

  add(type: string, previousEventId: number, details: object = {}): number {
    const id = this.events.length + 1;
    this.events.push({ id, previousEventId, timestamp: Date.now() / 1000, type, ...details });
    return id;
  }
}

class StateError extends Error {
  readonly error: string;
  override readonly cause: string;
  readonly at: number;

  constructor(error: string, cause: string, at: number) {
    super(error);
    this.error = error;
    this.cause = cause;
    this.at = at;
  }
}

interface Done {
  readonly data: Json;
  /** Id of the last event. */
  readonly last: number;
}

class Walker {
  readonly #history: History;
  readonly #name: string;
  readonly #invoke: Invoke;

  constructor(history: History, name: string, invoke: Invoke) {
    this.#history = history;
    this.#name = name;
    this.#invoke = invoke;
  }

  async chain({ StartAt, States }: Machine, input: Json, before: number, signal: AbortSignal): Promise<Done> {
    let next: string | undefined = StartAt;
    let done: Done = { data: input, last: before };
    while (next !== undefined) {
      const state: State = States[next] as State;
      try {
        done = await this.#state(next, state, done, signal);
        next = state.Next;
      } catch (thrown) {
        if (!(thrown instanceof StateError) || signal.aborted) throw thrown;
        const catcher = state.Catch?.find(({ ErrorEquals }) => matches(ErrorEquals, thrown.error));
        if (catcher === undefined) throw thrown;
        const { error: Error_, cause, at } = thrown;
        done = { data: put(done.data, catcher.ResultPath ?? "$", { Error: Error_, Cause: cause }), last: at };
        next = catcher.Next;
      }
    }
    return done;
  }

  async #state(name: string, state: State, { data, last }: Done, signal: AbortSignal): Promise<Done> {
    const { Type } = state;
    const stateEnteredEventDetails = { name, input: JSON.stringify(data) };
    const entered = this.#history.add(`${Type}StateEntered`, last, { stateEnteredEventDetails });
    if (Type === "Fail") {
      throw new StateError(path(state.ErrorPath ?? "", data), path(state.CausePath ?? "", data), entered);
    }
    const { data: result, last: end } =
      Type === "Parallel"
        ? await this.#parallel(state, data, entered, signal)
        : await this.#task(name, state, data, entered, signal);
    const selected = state.ResultSelector === undefined ? result : fill(state.ResultSelector, result, {});
    const output = state.ResultPath === null ? data : put(data, state.ResultPath ?? "$", selected);
    const stateExitedEventDetails = { name, output: JSON.stringify(output) };
    return { data: output, last: this.#history.add(`${Type}StateExited`, end, { stateExitedEventDetails }) };
  }

  async #parallel({ Branches = [] }: State, data: Json, entered: number, signal: AbortSignal): Promise<Done> {
    const started = this.#history.add("ParallelStateStarted", entered);
    const failed = new AbortController();
    const either = AbortSignal.any([signal, failed.signal]);
    let first: StateError | undefined;
    const ends = await Promise.allSettled(
      Branches.map((branch) =>
        this.chain(branch, data, started, either).catch((error: StateError) => {
          first ??= error;
          failed.abort();
          throw error;
        }),
      ),
    );
    if (first === undefined) {
      const results = ends.map((end) => (end as PromiseFulfilledResult<Done>).value.data);
      return { data: results, last: this.#history.add("ParallelStateSucceeded", started) };
    }
    const { error, cause, at } = first;
    throw new StateError(error, cause, signal.aborted ? at : this.#history.add("ParallelStateFailed", at));
  }

  async #task(name: string, state: State, data: Json, entered: number, signal: AbortSignal): Promise<Done> {
    const resource = { resourceType: "lambda", resource: "invoke" };
    const tries = new Map<Retrier, number>();
    let last = entered;
    for (let RetryCount = 0; ; RetryCount++) {
      if (signal.aborted) throw this.#aborted(name, last);
      const request = fill(state.Parameters, data, { Execution: { Name: this.#name }, State: { RetryCount } });
      const taskScheduledEventDetails = { ...resource, region: "eu-west-1", parameters: JSON.stringify(request) };
      const scheduled = this.#history.add("TaskScheduled", last, { taskScheduledEventDetails });
      const started = this.#history.add("TaskStarted", scheduled, { taskStartedEventDetails: resource });
      const invocation = await orAborted(this.#invoke(request.FunctionName, request.Payload), signal);
      if (invocation === undefined) throw this.#aborted(name, started);
      if (invocation.error === undefined) {
        const Payload = invocation.answer ?? null;
        const taskSucceededEventDetails = { ...resource, output: JSON.stringify({ Payload }) };
        return { data: { Payload }, last: this.#history.add("TaskSucceeded", started, { taskSucceededEventDetails }) };
      }
      const error = invocation.error.errorType;
      const cause = JSON.stringify(invocation.error);
      last = this.#history.add("TaskFailed", started, { taskFailedEventDetails: { ...resource, error, cause } });
      const retrier = state.Retry?.find(({ ErrorEquals }) => matches(ErrorEquals, error));
      const tried = retrier === undefined ? 0 : (tries.get(retrier) ?? 0);
      if (retrier === undefined || tried >= (retrier.MaxAttempts ?? 3)) throw new StateError(error, cause, last);
      tries.set(retrier, tried + 1);
    }
  }

  #aborted(name: string, last: number): StateError {
    return new StateError("Aborted", name, this.#history.add("TaskStateAborted", last));
  }
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
    promise.then(resolve, reject);
  });
}

function matches(names: readonly string[], error: string): boolean {
  return names.includes(error) || names.includes("States.ALL");
}

/** A payload template with its paths and functions worked out. */
function fill(template: Json, data: Json, context: Json): Json {
  if (Array.isArray(template)) return template.map((part) => fill(part, data, context));
  if (typeof template !== "object" || template === null) return template;
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) =>
      key.endsWith(".$") ? [key.slice(0, -2), worked(String(value), data, context)] : [key, fill(value, data, context)],
    ),
  );
}

function worked(expression: string, data: Json, context: Json): Json {
  const sum = /^States\.MathAdd\((.+), (\d+)\)$/.exec(expression);
  if (sum !== null) return worked(sum[1] ?? "", data, context) + Number(sum[2]);
  return expression.startsWith("$$") ? path(expression.slice(1), context) : path(expression, data);
}

function path(expression: string, data: Json): Json {
  if (!/^\$(\.\w+)*$/.test(expression)) throw new Error(`the fake knows no ${expression}`);
  return expression
    .split(".")
    .slice(1)
    .reduce((value, name) => value?.[name], data);
}

function put(data: Json, at: string, value: Json): Json {
  if (at === "$") return value;
  const [name = ""] = at.split(".").slice(1);
  return { ...data, [name]: value };
}
