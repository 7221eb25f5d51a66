import { describeThrown, GlacierError, isGlacierError } from "../errors/index.ts";
import type { AnyPipeline } from "../pipeline/types.ts";
import { findDataset, findTask } from "../plan/lookup.ts";
import type { Plan } from "../plan/plan.ts";
import type { Provider } from "../provider/provider.ts";
import { createRegistry } from "../provider/registry.ts";
import type { EventSink, LogLevel } from "../run/events.ts";
import type { ExecutionContext, TaskInvocation } from "../run/executor.ts";
import type { TaskRuntime } from "../run/runtime.ts";
import { executeTask } from "./execute-task.ts";
import { markRemote } from "./is-remote.ts";
import { Redactor } from "./redact.ts";

/** All that another thread, process or machine needs to run one attempt. Plain JSON; no secret is in it. */
export interface RemoteTask {
  /** URL of the module that exports the pipeline. */
  readonly module: string;
  readonly plan: Plan;
  readonly invocation: TaskInvocation;
  /** The run's providers that say where they are, by the URLs of their modules. */
  readonly providers: readonly { readonly name: string; readonly module: string }[];
}

/** What an attempt looks like from elsewhere. Errors: `MODULE_INVALID`. */
export function remoteTask(invocation: TaskInvocation, { plan, pipeline, registry }: ExecutionContext): RemoteTask {
  if (pipeline.module === undefined) throw withoutModule(pipeline.name, invocation.task);
  const providers = registry.providers.flatMap(({ name, module }) => (module === undefined ? [] : [{ name, module }]));
  return { module: pipeline.module, plan, invocation, providers };
}

/** The error of a task that runs elsewhere, of a pipeline that doesn't say where its code is. */
export function withoutModule(pipeline: string, task: string): GlacierError {
  return new GlacierError("MODULE_INVALID", {
    message: `task "${task}" runs outside of this thread, but pipeline "${pipeline}" doesn't say where its code is`,
    hint: "Give it: new Pipeline(name, tasks, { module: import.meta.url }).",
    context: { pipeline, task },
  });
}

/** Where {@link runRemote} runs. */
export interface RemoteSite {
  /** A timeout and a cancel; may be one that never fires where whoever started this process ends it instead. */
  readonly signal: AbortSignal;
  readonly emit: EventSink;
  readonly runtime: TaskRuntime;
  /** Providers that are here already; those of the run with the same names aren't loaded. */
  readonly providers?: readonly Provider[];
  /** Loads a module by its URL where Node itself can't: from a bundle. */
  readonly importModule?: (url: string) => Promise<unknown>;
}

type Module = Readonly<Record<string, unknown>>;

/**
 * Runs an attempt here, in the thread, process or container that was started for it: loads the pipeline's and the
 * providers' modules, then does what `executeTask` does.
 * Errors: those of `executeTask`, `MODULE_INVALID`, `STORAGE_UNREACHABLE`.
 */
export async function runRemote({ module, plan, invocation, providers }: RemoteTask, site: RemoteSite): Promise<void> {
  markRemote();
  const { importModule = (url: string) => import(url), providers: here = [] } = site;
  const pipeline = findPipeline(await load(module, importModule), plan.pipeline, module);
  refuseMemory(plan, invocation.task, here);
  const elsewhere = providers.filter(({ name }) => !here.some((known) => known.name === name));
  const loaded = await Promise.all(
    elsewhere.map(async ({ name, module }) => findProvider(await load(module, importModule), name, module)),
  );
  const registry = createRegistry([...here, ...loaded]);
  try {
    await executeTask(invocation, { plan, pipeline, registry, signal: site.signal, emit: site.emit }, site.runtime);
  } finally {
    await registry.close();
  }
}

async function load(module: string, importModule: (url: string) => Promise<unknown>): Promise<Module> {
  try {
    return (await importModule(module)) as Module;
  } catch (error) {
    if (isGlacierError(error)) throw error;
    throw new GlacierError("MODULE_INVALID", {
      message: `${module} doesn't load outside of the main thread: ${describeThrown(error)}`,
      hint: "A module that exports a pipeline must load without side effects: keep pipeline.run(…) behind if (import.meta.main).",
      cause: error,
    });
  }
}

/** Loads a module of a bundle, where its tasks run. `name` is for the error. Errors: `MODULE_INVALID`, the module's own `GlacierError`s. */
export async function loadDeployed(load: () => Promise<unknown>, name: string): Promise<Module> {
  try {
    return (await load()) as Module;
  } catch (error) {
    if (isGlacierError(error)) throw error;
    throw new GlacierError("MODULE_INVALID", {
      message: `the module of "${name}" doesn't load where its tasks run: ${describeThrown(error)}`,
      hint: "It must load without what only your machine has: files beside it, environment variables.",
      cause: error,
    });
  }
}

/**
 * The pipeline of that name among a module's exports. Matched by what it has, not by class: two copies of core do happen.
 * `module` is for the error. Errors: `MODULE_INVALID`.
 */
export function findPipeline(exports: Module, name: string, module: string): AnyPipeline {
  const found = Object.values(exports).find(
    (value): value is AnyPipeline =>
      isRecord(value) && value["name"] === name && Array.isArray(value["tasks"]) && Array.isArray(value["datasets"]),
  );
  if (found !== undefined) return found;
  throw new GlacierError("MODULE_INVALID", {
    message: `${module} exports no pipeline "${name}"`,
    hint: "Export it: the code outside of the main thread finds the pipeline by the module's exports.",
    context: { pipeline: name },
  });
}

/** The provider of that name among a module's exports. Errors: `PROVIDER_INVALID`. */
export function findProvider(exports: Module, name: string, module: string): Provider {
  const found = Object.values(exports).find(
    (value): value is Provider & Record<string, unknown> =>
      isRecord(value) && value["name"] === name && typeof value["contract"] === "number",
  );
  if (found !== undefined) return found;
  throw new GlacierError("PROVIDER_INVALID", {
    message: `${module} exports no provider "${name}"`,
    hint: "A provider's `module` is the import.meta.url of the module that exports it.",
  });
}

/** Memory is a process's own: a task elsewhere would read nothing and write into nowhere. */
function refuseMemory(plan: Plan, task: string, here: readonly Provider[]): void {
  if (here.some(({ storage }) => storage?.["memory"] !== undefined)) return;
  const { inputs, outputs } = findTask(plan.tasks, task);
  const names = [...Object.values(inputs), ...Object.values(outputs)];
  const inMemory = names.find((name) => findDataset(plan.datasets, name).storage.kind === "memory");
  if (inMemory === undefined && plan.state.kind !== "memory") return;
  throw new GlacierError("STORAGE_UNREACHABLE", {
    message: `task "${task}" runs in another process, and ${inMemory === undefined ? "the state root" : `dataset "${inMemory}"`} is in this one's memory`,
    hint: "Bind it to storage that both reach: a folder, a bucket, a server.",
    context: { task, ...(inMemory !== undefined && { dataset: inMemory }) },
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Emits lines of a process's own output as log events, with the task's secrets masked. */
export function outputLog(
  { runId, task, attempt }: TaskInvocation,
  emit: EventSink,
  secrets: Readonly<Record<string, string>>,
): (level: LogLevel, line: string) => void {
  const redactor = new Redactor();
  for (const secret of Object.values(secrets)) redactor.hide(secret);
  return (level, line) =>
    emit({ type: "log", runId, time: Date.now(), task, attempt, level, message: redactor.text(line) });
}

/** Values of a task's secrets by secret name, looked up by whoever starts it: the other side sees no environment but its own. */
export async function secretsOf(
  task: { readonly secrets: Readonly<Record<string, string>> },
  runtime: TaskRuntime,
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of Object.values(task.secrets)) {
    const value = await runtime.secret(name);
    if (value !== undefined) found[name] = value;
  }
  return found;
}
