import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
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
import { outputLog, type RemoteTask, remoteTask, secretsOf, sibling, sourceConditions } from "../remote.ts";
import { foldersOf, noteOf } from "./containers.ts";
import type { Engine } from "./engine.ts";

/** What the container reads from its file. */
export interface ContainerCall {
  readonly task: RemoteTask;
  readonly secrets: Readonly<Record<string, string>>;
  /** Starts each line of stdout that is for Glacier and not the task's own output. */
  readonly mark: string;
}

/** What the container says in such a line. */
export type ContainerMessage = { readonly event: RunEvent } | { readonly failed: SerializedError };

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
    // Only its owner may read the file: secrets are in it, and so not in the container's environment.
    await writeFile(join(scratch.path, "call.json"), JSON.stringify(call), { mode: 0o600 });
    await writeFile(join(scratch.path, "main.mjs"), await bundleOf(task));
    const folders = foldersOf(plan, planned);
    // Docker would make a missing folder as root.
    for (const folder of folders) if (!existsSync(folder)) await mkdir(folder, { recursive: true });
    let failure: SerializedError | undefined;
    const output = outputLog(invocation, context, call.secrets);
    try {
      await engine.run({
        compute,
        command: ["node", "--enable-source-maps", join(scratch.path, "main.mjs"), join(scratch.path, "call.json")],
        env: {},
        binds: [{ path: scratch.path, readOnly: true }, ...folders.map((path) => ({ path }))],
        // Relative folders of the plan mean the same inside and outside.
        workingDir: process.cwd(),
        owner: invocation,
        signal,
        log(level, line) {
          if (!line.startsWith(mark)) return output(level, line);
          const message: ContainerMessage = JSON.parse(line.slice(mark.length));
          if ("event" in message) emit(message.event);
          else failure = message.failed;
        },
        note: noteOf(invocation, context),
      });
    } catch (error) {
      if (failure === undefined || signal.aborted) throw crashed(planned.name, error);
    }
    if (failure !== undefined) throw deserializeError(failure);
  } finally {
    await scratch.dispose();
  }
}

const bundles = new Map<string, Promise<string>>();

/** The bundle of a pipeline's code with the container's entry. Built once for each module and its providers. */
function bundleOf({ module, providers }: RemoteTask): Promise<string> {
  const id = JSON.stringify([module, providers]);
  let built = bundles.get(id);
  if (built === undefined) {
    built = build(module, providers);
    built.catch(() => bundles.delete(id));
    bundles.set(id, built);
  }
  return built;
}

async function build(module: string, providers: readonly string[]): Promise<string> {
  const { bundle, pipelineImport } = await import("@glacier/bundler");
  const host = fileURLToPath(sibling(import.meta.url, "container"));
  const entry = [
    `import * as pipeline from ${JSON.stringify(pipelineImport)};`,
    `import { main } from ${JSON.stringify(host)};`,
    ...providers.map(
      (url, i) =>
        `import * as provider${i} from ${JSON.stringify(url.startsWith("file:") ? fileURLToPath(url) : url)};`,
    ),
    `await main({ pipeline, providers: [${providers.map((_, i) => `provider${i}`).join(", ")}] });`,
  ].join("\n");
  const conditions =
    sourceConditions(import.meta.url).length > 0 || process.execArgv.includes("--conditions=@glacier/source")
      ? ["@glacier/source"]
      : [];
  const { code } = await bundle({ module, entry, entryFrom: host, conditions });
  return code;
}

/** A command's exit code means nothing for a function: its process ended before it answered. */
function crashed(task: string, error: unknown): unknown {
  if (!isGlacierError(error, "COMMAND_FAILED") || error.context.exitCode === undefined) return error;
  return new GlacierError("TASK_CRASHED", {
    message: `task "${task}": its process in the container ended with exit code ${error.context.exitCode} before it answered`,
    hint: "Look for process.exit() in the task's code or its libraries; its log has the last words.",
    cause: error,
    context: { task, exitCode: error.context.exitCode },
  });
}
