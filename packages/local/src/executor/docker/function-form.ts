import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Bundle } from "@glacier/bundler";
import {
  type ContainerCompute,
  deserializeError,
  type ExecutionContext,
  findTask,
  GlacierError,
  isGlacierError,
  type RunEvent,
  type SerializedError,
  type TaskInvocation,
  type TaskRuntime,
} from "@glacier/core";
import { outputLog, type RemoteTask, remoteTask, secretsOf } from "@glacier/core/execute";
import { heapIsFull } from "../lines.ts";
import { flagsFrom } from "../node-flags.ts";
import { sibling } from "../sibling.ts";
import { foldersOf, noteOf } from "./containers.ts";
import type { Engine } from "./engine.ts";

/** What the container reads from its file. */
export interface ContainerCall {
  readonly task: RemoteTask;
  readonly secrets: Readonly<Record<string, string>>;
  /** Starts each line of stdout that is for Glacier and not the task's own output. */
  readonly mark: string;
}

/** What the container says in such a line; `done` or `failed` is the last. */
export type ContainerMessage = { readonly event: RunEvent } | Answer;

type Answer = { readonly done: true } | { readonly failed: SerializedError };

/** The share of a container's memory that V8 may fill with its heap; buffers and Node itself need the rest. */
const heapShare = 0.9;

/** Runs an attempt of a function task in a container: the pipeline's bundle under the image's Node. */
export async function runFunction(
  engine: Engine,
  compute: ContainerCompute,
  invocation: TaskInvocation,
  context: ExecutionContext,
  runtime: TaskRuntime,
): Promise<void> {
  const { plan, signal, emit } = context;
  const planned = findTask(plan.tasks, invocation.task);
  const task = remoteTask(invocation, context);
  const scratch = await runtime.scratch();
  try {
    const mark = `@glacier:${randomUUID()} `;
    const call: ContainerCall = { task, secrets: await secretsOf(planned, runtime), mark };
    const { code, map } = await bundleOf(task);
    // Only its owner may read the file: secrets are in it, and so not in the container's environment.
    await writeFile(join(scratch.path, "call.json"), JSON.stringify(call), { mode: 0o600 });
    await writeFile(join(scratch.path, "task.mjs"), `${code}\n//# sourceMappingURL=task.mjs.map\n`);
    await writeFile(join(scratch.path, "task.mjs.map"), map);
    // The bundle itself must not be the main module: its import.meta.main would hold for the pipeline's module.
    await writeFile(join(scratch.path, "main.mjs"), 'import "./task.mjs";\n');
    const folders = foldersOf(plan, planned);
    for (const { path, readOnly } of folders) {
      if (readOnly !== true) await mkdir(path, { recursive: true });
    }

    let answer: Answer | undefined;
    let full = false;
    const output = outputLog(invocation, emit, call.secrets);
    try {
      await engine.run({
        compute,
        command: ["node", ...nodeOptions(compute), join(scratch.path, "main.mjs"), join(scratch.path, "call.json")],
        env: {},
        binds: [{ path: scratch.path, readOnly: true }, ...folders.filter(({ path }) => existsSync(path))],
        // Relative folders of the plan mean the same inside and outside.
        workingDir: process.cwd(),
        owner: invocation,
        signal,
        log(level, line) {
          full ||= level === "warn" && heapIsFull.test(line);
          // The task's own output may lack a line end.
          const at = line.indexOf(mark);
          const message = at === -1 ? undefined : parse(line.slice(at + mark.length));
          if (message === undefined) return output(level, line);
          if (at > 0) output(level, line.slice(0, at));
          if ("event" in message) emit(message.event);
          else answer = message;
        },
        note: noteOf(invocation, context),
      });
    } catch (error) {
      if (answer === undefined || signal.aborted) throw unanswered(planned.name, compute, error, full);
    }
    if (answer === undefined) throw crashed(planned.name, 0);
    if ("failed" in answer) throw deserializeError(answer.failed);
  } finally {
    await scratch.dispose();
  }
}

function nodeOptions({ memory }: ContainerCompute): string[] {
  const heap = memory === undefined ? [] : [`--max-old-space-size=${Math.max(1, Math.floor(memory * heapShare))}`];
  return ["--enable-source-maps", ...heap];
}

function parse(json: string): ContainerMessage | undefined {
  try {
    return JSON.parse(json) as ContainerMessage;
  } catch {
    return undefined; // a process of the task's own wrote into the same line
  }
}

type Code = Pick<Bundle, "code" | "map">;

const bundles = new Map<string, Promise<Code>>();

/** The bundle of a pipeline's code with the container's entry. Built once for each module and its providers. */
function bundleOf({ module, providers }: RemoteTask): Promise<Code> {
  const urls = providers.filter(({ name }) => name !== "local").map((provider) => provider.module);
  const id = JSON.stringify([module, urls]);
  let built = bundles.get(id);
  if (built === undefined) {
    built = build(module, urls);
    built.catch(() => bundles.delete(id));
    bundles.set(id, built);
  }
  return built;
}

async function build(module: string, providers: readonly string[]): Promise<Code> {
  const { bundle, pipelineImport } = (await import(bundlerName)) as typeof import("@glacier/bundler");
  const host = fileURLToPath(sibling(import.meta.url, "container"));
  const imports = [
    [module, pipelineImport],
    ...providers.map((url) => [url, url.startsWith("file:") ? fileURLToPath(url) : url]),
  ];
  // Loaded when the entry asks for them: an error that a module throws is told like any other.
  const entry = [
    `import { main } from ${JSON.stringify(host)};`,
    `await main({ ${imports.map(([url, from]) => `${JSON.stringify(url)}: () => import(${JSON.stringify(from)})`).join(", ")} });`,
  ].join("\n");
  const source = "@glacier/source";
  const conditions = flagsFrom(import.meta.url).some((flag) => flag.endsWith(source)) ? [source] : [];
  return bundle({ module, entry, entryFrom: host, conditions });
}

/** Not a literal: a bundle of a pipeline whose file imports `LocalExecutor` must not hold the bundler. */
const bundlerName: string = ["@glacier", "bundler"].join("/");

/** A command's exit code means nothing for a function: its process ended before it answered. */
function unanswered(task: string, { memory }: ContainerCompute, error: unknown, full: boolean): unknown {
  if (!isGlacierError(error, "COMMAND_FAILED") || error.context.exitCode === undefined) return error;
  if (!full) return crashed(task, error.context.exitCode);
  return new GlacierError("OUT_OF_MEMORY", {
    message: `task "${task}" filled its heap${memory === undefined ? "" : `, ${heapShare * 100} % of its container's ${memory} MiB`}`,
    hint: "Raise compute.container({ memory }), or stream rows instead of keeping them all.",
    context: { task, ...(memory !== undefined && { memory }) },
  });
}

function crashed(task: string, exitCode: number): GlacierError {
  return new GlacierError("TASK_CRASHED", {
    message: `task "${task}": its process in the container ended with exit code ${exitCode} before it answered`,
    hint: "Look for process.exit() or an unhandled rejection in the task's code or its libraries; its log has the last words.",
    context: { task, exitCode },
  });
}
