import type { ComputeResource } from "../compute/resource.ts";
import { GlacierError } from "../errors/index.ts";
import { checkName } from "../name.ts";
import type { RetryPolicy } from "../plan/plan.ts";
import { isSecretReference } from "./secret.ts";
import type { AnyTask, CommandTask, Handler, Inputs, Output, Secrets, Task, TaskOptions } from "./types.ts";

type NoInputs = Record<never, never>;

/** Options of {@link TaskFunction.command}. */
export interface CommandOptions<
  I extends Inputs,
  O extends Output,
  C extends ComputeResource,
  P,
  Sec extends Secrets,
  PIn = P,
> extends TaskOptions<I, O, C, P, Sec, PIn> {
  /** The program and its arguments; no shell between. */
  readonly command: readonly [string, ...string[]];
}

/** What {@link task} can do. */
export interface TaskFunction {
  /**
   * A task whose code is a function. Errors: `NAME_INVALID`, `OPTION_INVALID`.
   *
   * @example
   * const clean = task("clean", { inputs: { orders: raw }, output: cleaned }, async ({ orders }) => (await orders.toArray()).filter((o) => o.amount > 0));
   */
  <
    O extends Output,
    I extends Inputs = NoInputs,
    C extends ComputeResource = never,
    P = unknown,
    Sec extends Secrets = NoInputs,
    PIn = never,
  >(
    name: string,
    options: TaskOptions<I, O, C, P, Sec, PIn>,
    handler: Handler<I, O, P, Sec>,
  ): Task<I, O, C["kind"], NoInfer<PIn>, P>;

  /**
   * A task whose code is a command, in any language. Its inputs are files at `$GLACIER_INPUT_<NAME>`; it writes its outputs
   * to `$GLACIER_OUTPUT_<NAME>` (a single output's name is `OUTPUT`). Errors: `NAME_INVALID`, `OPTION_INVALID`.
   */
  command<
    O extends Output,
    I extends Inputs = NoInputs,
    C extends ComputeResource = never,
    P = unknown,
    Sec extends Secrets = NoInputs,
    PIn = never,
  >(name: string, options: CommandOptions<I, O, C, P, Sec, PIn>): CommandTask<I, O, C["kind"], NoInfer<PIn>>;
}

/** Declares a task: a typed function (or command) from input datasets to output datasets. */
export const task: TaskFunction = Object.assign(
  (name: string, options: Options, handler: unknown) => {
    if (typeof handler !== "function") {
      throw invalid(name, "has no handler", "Pass the task's code as the third argument, or use task.command.");
    }
    return build(name, options, { form: "function", handler: handler as AnyTask["handler"], command: undefined });
  },
  {
    command(name: string, options: Options & { readonly command: readonly string[] }) {
      if (
        !Array.isArray(options.command) ||
        options.command.length === 0 ||
        options.command.some((part) => typeof part !== "string")
      ) {
        throw invalid(name, "has no command", 'Give the program and its arguments: command: ["python", "train.py"].');
      }
      return build(name, options, { form: "command", handler: undefined, command: options.command });
    },
  },
) as TaskFunction;

type Options = TaskOptions<Inputs, Output, ComputeResource, unknown, Secrets>;

/** One dataset rather than a record of them. */
export function isSingle(output: Output): output is Extract<Output, { readonly format: object }> {
  return typeof output.name === "string" && "format" in output;
}

function build(name: string, options: Options, code: Pick<AnyTask, "form" | "handler" | "command">): AnyTask {
  checkName("task", name);
  if (
    typeof options !== "object" ||
    options === null ||
    typeof options.output !== "object" ||
    options.output === null
  ) {
    throw invalid(name, "has no output", "Give it output: a dataset, or a record of datasets.");
  }
  if (options.timeout !== undefined && !(options.timeout > 0 && options.timeout <= maxTimeout)) {
    throw invalid(name, `has a timeout of ${options.timeout}`, `Give seconds above 0 and up to ${maxTimeout}.`);
  }
  if (options.params !== undefined && typeof options.params["~standard"]?.validate !== "function") {
    throw invalid(
      name,
      "has params that are not a Standard Schema",
      "Pass a schema of zod, valibot, arktype or the like.",
    );
  }
  return {
    name,
    ...code,
    inputs: checkRecord(name, "input", options.inputs ?? {}),
    output: isSingle(options.output) ? options.output : checkRecord(name, "output", options.output),
    compute: options.compute,
    retry: retryPolicy(name, options.retries),
    timeout: options.timeout,
    params: options.params,
    secrets: checkSecrets(name, options.secrets ?? {}),
    onInvalid: options.onInvalid ?? "fail",
  };
}

function checkSecrets(task: string, secrets: Secrets): Secrets {
  const wrong = Object.entries(secrets).find(([, reference]) => !isSecretReference(reference));
  if (wrong === undefined) return secrets;
  throw invalid(
    task,
    `has a secret ${JSON.stringify(wrong[0])} that is not a reference to one`,
    'Name the secret, without its value: secret("api-key").',
  );
}

/** A timer's longest wait: 2^31 - 1 ms. */
const maxTimeout = 2_147_483;

function checkRecord<R extends Inputs>(task: string, what: "input" | "output", record: R): R {
  for (const [name, dataset] of Object.entries(record)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw invalid(
        task,
        `has an ${what} named ${JSON.stringify(name)}`,
        `Use letters, digits and "_": it becomes a field and GLACIER_${what.toUpperCase()}_<NAME>.`,
      );
    }
    if (typeof dataset !== "object" || dataset === null || !("format" in dataset)) {
      throw invalid(
        task,
        `has an ${what} "${name}" that is not a dataset`,
        "Pass what new Dataset(…) made. An import cycle between your modules also gives undefined here.",
      );
    }
  }
  return record;
}

function retryPolicy(task: string, retries: number | Partial<RetryPolicy> = 0): RetryPolicy {
  const policy = {
    max: 0,
    delay: 1,
    factor: 2,
    maxDelay: 60,
    jitter: 0.5,
    ...(typeof retries === "number" ? { max: retries } : retries),
  };
  const bad =
    !Number.isInteger(policy.max) || policy.max < 0
      ? "max"
      : ((["delay", "maxDelay"] as const).find((field) => !(policy[field] >= 0 && policy[field] <= maxTimeout)) ??
        (!(policy.factor >= 1) ? "factor" : !(policy.jitter >= 0 && policy.jitter <= 1) ? "jitter" : undefined));
  if (bad === undefined) return policy;
  throw invalid(
    task,
    `has retries whose ${bad} is ${policy[bad]}`,
    "max: a whole number from 0; delay and maxDelay: seconds from 0; factor: from 1; jitter: 0 to 1.",
  );
}

function invalid(task: string, what: string, hint: string): GlacierError {
  return new GlacierError("OPTION_INVALID", { message: `task "${task}" ${what}`, hint, context: { task } });
}
