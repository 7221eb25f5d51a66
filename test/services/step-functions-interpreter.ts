import { fill, holds, type Json, path, put } from "./step-functions-data.ts";
import type { Machine, Retrier, Services, State } from "./step-functions-machine.ts";

/** An execution that was started. */
export interface Execution {
  readonly input: string;
  readonly status: "RUNNING" | "SUCCEEDED" | "FAILED" | "ABORTED";
  /** https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html */
  readonly events: readonly Json[];
  stop(why?: { readonly error?: string | undefined; readonly cause?: string | undefined }): void;
}

/** Runs a machine. Retries wait for no time. */
export function run(machine: Machine, name: string, input: string, services: Services): Execution {
  const history = new History();
  const stopped = new AbortController();
  const execution = {
    input,
    status: "RUNNING" as Execution["status"],
    events: history.events,
    stop: (why: object = {}) => stopped.abort(why),
  };
  const walker = new Walker(history, name, services);
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
      if (stopped.signal.aborted)
        history.add("ExecutionAborted", 0, { executionAbortedEventDetails: stopped.signal.reason });
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

/** What a state came to. */
interface Done {
  readonly data: Json;
  /** Id of the last event. */
  readonly last: number;
  /** Where a Choice goes. */
  readonly next?: string | undefined;
}

class Walker {
  readonly #history: History;
  readonly #name: string;
  readonly #services: Services;

  constructor(history: History, name: string, services: Services) {
    this.#history = history;
    this.#name = name;
    this.#services = services;
  }

  async chain({ StartAt, States }: Machine, input: Json, before: number, signal: AbortSignal): Promise<Done> {
    let next: string | undefined = StartAt;
    let done: Done = { data: input, last: before };
    while (next !== undefined) {
      const name: string = next;
      const state: State = States[name] as State;
      try {
        done = await this.#state(name, state, done, signal);
        next = done.next ?? state.Next;
      } catch (thrown) {
        if (!(thrown instanceof StateError) || signal.aborted) throw thrown;
        const catcher = state.Catch?.find(({ ErrorEquals }) => matches(ErrorEquals, thrown.error, state));
        if (catcher === undefined) throw thrown;
        const { error: Error_, cause, at } = thrown;
        const data = put(done.data, catcher.ResultPath ?? "$", { Error: Error_, Cause: cause });
        done = { data, last: this.#exited(name, state, data, at) };
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
      const error = state.Error ?? path(state.ErrorPath ?? "", data);
      throw new StateError(error, path(state.CausePath ?? "", data), entered);
    }
    if (Type === "Choice") {
      const next = state.Choices?.find((rule) => holds(rule, data))?.Next ?? state.Default;
      return { data, next, last: this.#exited(name, state, data, entered) };
    }
    const { data: result, last: end } = await this.#tries(state, entered, signal, (RetryCount, before) => {
      const context = { Execution: { Name: this.#name }, State: { RetryCount } };
      const input = path(state.InputPath ?? "$", data);
      const request = state.Parameters === undefined ? input : fill(state.Parameters, input, context);
      if (Type === "Pass") return Promise.resolve({ data: request, last: before });
      return Type === "Parallel"
        ? this.#parallel(state, request, before, signal)
        : this.#task(name, state, request, before, signal);
    });
    const selected = state.ResultSelector === undefined ? result : fill(state.ResultSelector, result, {});
    const output = state.ResultPath === null ? data : put(data, state.ResultPath ?? "$", selected);
    return { data: output, last: this.#exited(name, state, output, end) };
  }

  #exited(name: string, { Type }: State, output: Json, last: number): number {
    const stateExitedEventDetails = { name, output: JSON.stringify(output) };
    return this.#history.add(`${Type}StateExited`, last, { stateExitedEventDetails });
  }

  /** Each retrier counts for itself, and `$$.State.RetryCount` counts all. */
  async #tries(
    state: State,
    entered: number,
    signal: AbortSignal,
    run: (count: number, last: number) => Promise<Done>,
  ): Promise<Done> {
    const tries = new Map<Retrier, number>();
    let last = entered;
    for (let count = 0; ; count++) {
      try {
        return await run(count, last);
      } catch (thrown) {
        if (!(thrown instanceof StateError) || signal.aborted) throw thrown;
        const retrier = state.Retry?.find(({ ErrorEquals }) => matches(ErrorEquals, thrown.error, state));
        const tried = retrier === undefined ? 0 : (tries.get(retrier) ?? 0);
        if (retrier === undefined || tried >= (retrier.MaxAttempts ?? 3)) throw thrown;
        tries.set(retrier, tried + 1);
        last = thrown.at;
      }
    }
  }

  async #parallel({ Branches = [] }: State, data: Json, before: number, signal: AbortSignal): Promise<Done> {
    const started = this.#history.add("ParallelStateStarted", before);
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

  async #task(
    name: string,
    { Resource = "" }: State,
    request: Json,
    before: number,
    signal: AbortSignal,
  ): Promise<Done> {
    const [resourceType, what] = Resource.split(":").slice(-2);
    const resource = { resourceType, resource: what };
    if (signal.aborted) throw this.#aborted(name, before);
    const taskScheduledEventDetails = { ...resource, region: "eu-west-1", parameters: JSON.stringify(request) };
    const scheduled = this.#history.add("TaskScheduled", before, { taskScheduledEventDetails });
    const started = this.#history.add("TaskStarted", scheduled, { taskStartedEventDetails: resource });
    const called = resourceType === "ecs" ? this.#runTask(request, signal) : this.#invoke(request);
    const ended = await orAborted(called, signal);
    if (ended === undefined) throw this.#aborted(name, started);
    if ("output" in ended) {
      const taskSucceededEventDetails = { ...resource, output: JSON.stringify(ended.output) };
      return { data: ended.output, last: this.#history.add("TaskSucceeded", started, { taskSucceededEventDetails }) };
    }
    const taskFailedEventDetails = { ...resource, ...ended };
    throw new StateError(
      ended.error,
      ended.cause,
      this.#history.add("TaskFailed", started, { taskFailedEventDetails }),
    );
  }

  async #invoke({ FunctionName, Payload }: Json): Promise<Called> {
    const { answer = null, error } = await this.#services.invoke(FunctionName, Payload);
    if (error === undefined) return { output: { Payload: answer } };
    return { error: error.errorType, cause: JSON.stringify(error) };
  }

  async #runTask(request: Json, signal: AbortSignal): Promise<Called> {
    if (this.#services.runTask === undefined) throw new Error("the fake has no containers");
    const task = await this.#services.runTask(request, signal);
    if (task.Containers.every(({ ExitCode }) => ExitCode === 0)) return { output: task };
    return { error: "States.TaskFailed", cause: JSON.stringify(task) };
  }

  #aborted(name: string, last: number): StateError {
    return new StateError("Aborted", name, this.#history.add("TaskStateAborted", last));
  }
}

type Called = { readonly output: Json } | { readonly error: string; readonly cause: string };

function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
    promise.then(resolve, reject);
  });
}

/** Of a Task, `States.TaskFailed` is every error but a timeout. */
function matches(names: readonly string[], error: string, { Type }: State): boolean {
  const any = Type === "Task" && error !== "States.Timeout" && names.includes("States.TaskFailed");
  return any || names.includes(error) || names.includes("States.ALL");
}
