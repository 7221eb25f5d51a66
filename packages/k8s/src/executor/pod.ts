// What runs inside a pod; bundled together with the pipeline's module, and loaded before it.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { findTask } from "@glacier/core";
import { keepAlive, markRemote, runRemote } from "@glacier/core/execute";
import { nodeRuntime } from "@glacier/core/node";
import { tellAttempt } from "../runtime/tell.ts";
import { type PodCall, paths } from "./protocol.ts";

/** Loads the bundle's modules, by the names that the call has for them. */
export type Loaders = Readonly<Record<string, () => Promise<unknown>>>;

markRemote();

/** Runs the attempt that the mounted call describes, and ends the process. */
export async function main(loaders: Loaders): Promise<void> {
  const { task, secrets, mark }: PodCall = JSON.parse(
    gunzipSync(readFileSync(`${paths.call}/${paths.callFile}`)).toString(),
  );
  keepAlive(findTask(task.plan.tasks, task.invocation.task));
  await tellAttempt({
    mark,
    invocation: task.invocation,
    secrets,
    run: (emit) =>
      runRemote(task, {
        // A timeout or a cancel ends the whole pod.
        signal: new AbortController().signal,
        emit,
        runtime: { ...nodeRuntime(), secret: async (name) => secrets[name] },
        importModule: async (name) => loaders[name]?.(),
      }),
  });
}
