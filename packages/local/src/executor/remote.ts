import {
  type AnyPipeline,
  createRegistry,
  describeThrown,
  type EventSink,
  type ExecutionContext,
  GlacierError,
  isGlacierError,
  type LogLevel,
  type MemoryResource,
  type Plan,
  type Provider,
  type StorageFactory,
  type TaskInvocation,
  type TaskRuntime,
} from "@glacier/core";
import { executeTask, Redactor } from "@glacier/core/execute";
import { localFs } from "../storage/index.ts";

/** All that another thread, process or container needs to run one attempt. Plain JSON. */
export interface RemoteTask {
  /** URL of the module that exports the pipeline. */
  readonly module: string;
  readonly plan: Plan;
  readonly invocation: TaskInvocation;
  /** URLs of the modules that export the providers besides `@glacier/local`. */
  readonly providers: readonly string[];
}

/** What an attempt looks like from elsewhere. Errors: `MODULE_INVALID`. */
export function remoteTask(invocation: TaskInvocation, { plan, pipeline, registry }: ExecutionContext): RemoteTask {
  if (pipeline.module === undefined) throw homeless(pipeline.name, invocation.task);
  const providers = registry.providers.flatMap(({ name, module }) =>
    name === "local" || module === undefined ? [] : [module],
  );
  return { module: pipeline.module, plan, invocation, providers };
}

/** The error of a task that runs elsewhere, of a pipeline that doesn't say where its code is. */
export function homeless(pipeline: string, task: string): GlacierError {
  return new GlacierError("MODULE_INVALID", {
    message: `task "${task}" runs outside of this thread, but pipeline "${pipeline}" doesn't say where its code is`,
    hint: "Give it: new Pipeline(name, tasks, { module: import.meta.url }).",
    context: { pipeline, task },
  });
}

/** Where {@link runRemote} runs. */
export interface RemoteSite {
  readonly signal: AbortSignal;
  readonly emit: EventSink;
  readonly runtime: TaskRuntime;
  /** How the memory storage of the process that started this is reached; absent where it can't be. */
  readonly memory?: StorageFactory<MemoryResource>;
  /** Loads a module by its URL where Node itself can't: from a bundle. */
  readonly importModule?: (url: string) => Promise<unknown>;
}

type Module = Readonly<Record<string, unknown>>;

/** Whether this thread or process is one that Glacier started for a task. */
export function isRemote(): boolean {
  return (globalThis as Record<symbol, unknown>)[mark] === true;
}

const mark = Symbol.for("glacier.local.remote");

/** Says that this thread or process is one of those. Before the pipeline's module loads. */
export function markRemote(): void {
  (globalThis as Record<symbol, unknown>)[mark] = true;
}

/** Runs an attempt here, in the thread, process or container that was started for it. Errors: those of `executeTask`, `MODULE_INVALID`. */
export async function runRemote({ module, plan, invocation, providers }: RemoteTask, site: RemoteSite): Promise<void> {
  markRemote();
  const { importModule = (url: string) => import(url) } = site;
  const pipeline = findPipeline(await load(module, importModule), plan.pipeline, module);
  const modules = await Promise.all(providers.map((url) => load(url, importModule)));
  const local: Provider = {
    name: "local",
    storage: { localFs, ...(site.memory !== undefined && { memory: site.memory }) },
  };
  const registry = createRegistry([local, ...modules.flatMap(providersIn)]);
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

/** Matched by what it has, not by class: two copies of core do happen. */
function findPipeline(exports: Module, name: string, module: string): AnyPipeline {
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

function providersIn(exports: Module): Provider[] {
  return Object.values(exports).filter(
    (value): value is Provider => isRecord(value) && typeof value["name"] === "string" && isRecord(value["storage"]),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Emits a line of a process's own output as a log event, with the task's secrets masked. */
export function outputLog(
  { runId, task, attempt }: TaskInvocation,
  { emit }: ExecutionContext,
  secrets: Readonly<Record<string, string>>,
): (level: LogLevel, line: string) => void {
  const redactor = new Redactor();
  for (const secret of Object.values(secrets)) redactor.hide(secret);
  return (level, line) =>
    emit({ type: "log", runId, time: Date.now(), task, attempt, level, message: redactor.text(line) });
}

/** Secrets of a task by name, looked up by whoever starts it: the other side sees no environment but its own. */
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

/** The file beside a module of this package, in its sources or in its build. */
export function sibling(url: string, name: string): URL {
  return new URL(url.endsWith(".ts") ? `./${name}.ts` : `./${name}.mjs`, url);
}
