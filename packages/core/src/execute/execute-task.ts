import type { AnyDataset } from "../dataset/dataset.ts";
import { describeThrown, GlacierError, isGlacierError } from "../errors/index.ts";
import { writtenBy } from "../graph/graph.ts";
import type { Json } from "../json.ts";
import type { LogLevel } from "../run/events.ts";
import type { ExecutionContext, TaskInvocation } from "../run/executor.ts";
import { checkParams } from "../run/params.ts";
import type { TaskRuntime } from "../run/runtime.ts";
import { secretVariable } from "../task/secret.ts";
import { isSingle } from "../task/task.ts";
import type { Log } from "../task/types.ts";
import { Attempt } from "./attempt.ts";
import { Barrier } from "./barrier.ts";
import { openFile } from "./command-output.ts";
import { openInput } from "./inputs.ts";
import { commitOutput, type WrittenOutput, writeOutput, wrongContent } from "./outputs.ts";
import { Redactor } from "./redact.ts";

/**
 * Runs one attempt of one task, the same way on every engine: read inputs, decode, validate, handler, validate, encode,
 * write, commit. Resolves when every output is committed. Emits `dataset.read`, `dataset.written`, `task.progress`, `log`.
 *
 * Errors: `TASK_UNKNOWN`, `PARAMS_INVALID`, `SECRET_MISSING`, `DATASET_MISSING`, `DATASET_CHANGED`, `DATA_INVALID`,
 * `DECODE_FAILED`, `ENCODE_FAILED`, `ROW_TOO_LARGE`, `TASK_FAILED`, `COMMAND_FAILED`, any storage code, and the reason of `context.signal`.
 */
export async function executeTask(
  invocation: TaskInvocation,
  context: ExecutionContext,
  runtime: TaskRuntime,
): Promise<void> {
  const attempt = new Attempt(invocation, context, runtime);
  const redactor = new Redactor();
  try {
    attempt.signal.throwIfAborted();
    await run(attempt, redactor);
  } catch (error) {
    throw redactor.error(failureOf(attempt, error));
  } finally {
    await attempt.dispose();
  }
}

async function run(attempt: Attempt, redactor: Redactor): Promise<void> {
  const { task } = attempt;
  const params = await checkParams(task, attempt.invocation.params);
  const secrets = await resolveSecrets(attempt, redactor);
  const inputs = await openInputs(attempt);
  const etags = Object.fromEntries(attempt.reads.map(({ dataset, etag }) => [dataset, etag]));

  const outputs = writtenBy(task);
  const barrier = new Barrier(outputs.length, (missing) => {
    if (missing === 1) attempt.quarantine?.end();
  });
  const quarantine = startQuarantine(attempt, barrier);
  let written: WrittenOutput[];
  try {
    const content =
      task.form === "command"
        ? await runCommand(attempt, inputs, params, secrets, redactor)
        : await attempt.untilLeft(callHandler(attempt, inputs, params, secrets, redactor));
    if (attempt.fault !== undefined) throw attempt.fault.error;
    written = await settleAll([
      ...contentByDataset(attempt, content).map(([dataset, value]) => writeOutput(attempt, dataset, value, barrier)),
      ...quarantine,
    ]);
  } catch (error) {
    barrier.fail(error);
    attempt.quarantine?.fail(error);
    await Promise.allSettled(quarantine);
    throw error;
  }
  attempt.signal.throwIfAborted();
  for (const output of written) await commitOutput(attempt, output, etags);
  reportReads(attempt);
}

/** The quarantine's writer starts before the handler, since rows are refused while the handler reads. */
function startQuarantine(attempt: Attempt, barrier: Barrier): Promise<WrittenOutput>[] {
  const { onInvalid } = attempt.task;
  if (attempt.quarantine === undefined || typeof onInvalid === "string") return [];
  const writing = writeOutput(attempt, onInvalid, { batches: () => attempt.quarantine?.batches() }, barrier);
  writing.catch((error) => attempt.quarantine?.fail(error));
  return [writing];
}

async function openInputs(attempt: Attempt): Promise<Record<string, unknown>> {
  const onlyFiles = attempt.task.form === "command";
  const opened = await settleAll(
    Object.entries(attempt.task.inputs).map(
      async ([name, dataset]) => [name, (await openInput(attempt, name, dataset, onlyFiles)).value] as const,
    ),
  );
  return Object.fromEntries(opened);
}

async function callHandler(
  attempt: Attempt,
  inputs: unknown,
  params: unknown,
  secrets: Readonly<Record<string, string>>,
  redactor: Redactor,
): Promise<unknown> {
  const { invocation, task, signal, plan } = attempt;
  const log = createLog(attempt, redactor);
  const { runId, attempt: number } = invocation;
  return task.handler?.(inputs, {
    runId,
    task: task.name,
    attempt: number,
    tenant: plan.tenant,
    params,
    secrets,
    signal,
    log,
  });
}

/** Inputs are files already; what the command leaves at the outputs' paths is decoded, validated and written like any content. */
async function runCommand(
  attempt: Attempt,
  inputs: Readonly<Record<string, unknown>>,
  params: unknown,
  secrets: Readonly<Record<string, string>>,
  redactor: Redactor,
): Promise<unknown> {
  const { task, invocation, signal } = attempt;
  const scratch = await attempt.scratch();
  const env: Record<string, string> = {
    GLACIER_RUN_ID: invocation.runId,
    GLACIER_TASK: task.name,
    GLACIER_ATTEMPT: String(invocation.attempt),
    GLACIER_PARAMS: JSON.stringify(params ?? {}),
  };
  for (const [name, { secret }] of Object.entries(task.secrets)) env[secretVariable(secret)] = secrets[name] ?? "";
  for (const [name, path] of Object.entries(inputs)) env[`GLACIER_INPUT_${name.toUpperCase()}`] = String(path);
  const paths: Record<string, string> = {};
  for (const [name, dataset] of Object.entries(attempt.planned.outputs)) {
    const path = `${scratch.path}/output-${name}.${attempt.dataset(dataset).extension}`;
    paths[name] = path;
    env[`GLACIER_OUTPUT_${name.toUpperCase()}`] = path;
  }
  const log = createLog(attempt, redactor);
  await attempt.runtime.command({
    command: task.command ?? [],
    env,
    scratch,
    signal,
    log: (level, message) => log[level](message),
  });
  const contents = await Promise.all(
    Object.entries(paths).map(async ([name, path]) => [name, await decodeFile(attempt, name, path)] as const),
  );
  return attempt.planned.single ? contents[0]?.[1] : Object.fromEntries(contents);
}

async function decodeFile(attempt: Attempt, name: string, path: string): Promise<unknown> {
  const dataset = isSingle(attempt.task.output) ? attempt.task.output : (attempt.task.output[name] as AnyDataset);
  return openFile(attempt, dataset, path);
}

function contentByDataset(attempt: Attempt, content: unknown): [AnyDataset, unknown][] {
  const { output, name } = attempt.task;
  if (isSingle(output)) return [[output, content]];
  if (typeof content !== "object" || content === null)
    throw wrongContent(attempt, Object.keys(output).join('", "'), "a record of outputs", content);
  const returned = content as Record<string, unknown>;
  return Object.entries(output).map(([key, dataset]) => {
    if (!(key in returned)) {
      throw new GlacierError("DATA_INVALID", {
        message: `task "${name}" returned nothing for its output "${key}"`,
        hint: `Return a record with ${Object.keys(output).join(", ")}.`,
        context: { task: name, dataset: dataset.name },
      });
    }
    return [dataset, returned[key]];
  });
}

async function resolveSecrets(attempt: Attempt, redactor: Redactor): Promise<Record<string, string>> {
  const { task, runtime } = attempt;
  const values: Record<string, string> = {};
  for (const [name, { secret }] of Object.entries(task.secrets)) {
    const value = await runtime.secret(secret);
    if (value === undefined) {
      throw new GlacierError("SECRET_MISSING", {
        message: `task "${task.name}": secret "${secret}" has no value here`,
        hint: `Locally set the environment variable ${secretVariable(secret)}; in a cloud put it into its secret store.`,
        context: { task: task.name },
      });
    }
    redactor.hide(value);
    values[name] = value;
  }
  return values;
}

function createLog(attempt: Attempt, redactor: Redactor): Log {
  const { runId, task, attempt: number } = attempt.invocation;
  const write =
    (level: LogLevel): Log[LogLevel] =>
    (message, fields) =>
      attempt.emit({
        type: "log",
        runId,
        time: Date.now(),
        task,
        attempt: number,
        level,
        message: redactor.text(String(message)),
        ...(fields !== undefined && { fields: redactor.json(plain(fields)) }),
      });
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

/** What a handler logs may be anything; an event is JSON. */
function plain(fields: object): { [key: string]: Json } {
  const seen = new WeakSet<object>();
  const text = JSON.stringify(fields, (_, value: unknown) => {
    if (typeof value === "bigint" || typeof value === "function" || typeof value === "symbol") return String(value);
    if (typeof value !== "object" || value === null) return value;
    if (seen.has(value)) return "[seen before]";
    seen.add(value);
    return value;
  });
  return JSON.parse(text);
}

function reportReads(attempt: Attempt): void {
  const { runId, task, attempt: number } = attempt.invocation;
  for (const { dataset, etag, counts } of attempt.reads) {
    attempt.emit({
      type: "dataset.read",
      runId,
      time: Date.now(),
      task,
      attempt: number,
      dataset,
      bytes: counts.bytes,
      ...(counts.rows !== undefined && { rows: counts.rows }),
      ...(counts.invalid > 0 && { invalid: counts.invalid }),
      etag,
    });
  }
}

/** The error to report: the abort's reason when the signal fired, an input's own fault before what the handler made of it. */
function failureOf(attempt: Attempt, thrown: unknown): GlacierError {
  const { task, signal } = attempt;
  const error = signal.aborted ? signal.reason : isGlacierError(thrown) ? thrown : (attempt.fault?.error ?? thrown);
  if (isGlacierError(error)) return error;
  return new GlacierError("TASK_FAILED", {
    message: `task "${task.name}" failed: ${describeThrown(error)}`,
    hint:
      error instanceof Error
        ? "The task's own code threw; the cause says where."
        : "The task threw something that is no Error: throw new Error(…) to keep the place.",
    cause: error,
    context: { task: task.name },
  });
}

/** Like `Promise.all`, but waits for all, so that nothing goes on behind a failed attempt. */
async function settleAll<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises);
  const failed = settled.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return settled.map((result) => (result as PromiseFulfilledResult<T>).value);
}
