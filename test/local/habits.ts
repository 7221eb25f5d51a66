import { spawn } from "node:child_process";
import { compute, Dataset, Pipeline, secret, type TaskContext, task } from "@glacier/core";
import { LocalExecutor } from "@glacier/local";
import { z } from "zod";
import { nodeImage } from "../services/docker.ts";

type Context = Pick<TaskContext, "log" | "secrets">;

/** What handlers do that whoever runs them must bear. */
const habits = {
  /** As programs under pm2 do, and some libraries. */
  talksToParent: async () => {
    for (const message of ["ready", null, 5, { event: "ready" }, { done: true }]) process.send?.(message);
    await new Promise((resolve) => setTimeout(resolve, 50));
    return 1;
  },
  /** Processes that go on with the handler's stdout in their hands: one in its process group, one that left it. */
  leavesProcesses: () =>
    [false, true].map(
      (detached) => spawn("sleep", ["1000"], { stdio: ["ignore", "inherit", "inherit"], detached }).pid,
    ),
  leavesTimer: () => {
    setInterval(() => {}, 1000);
    return 1;
  },
  setsExitCode: () => {
    process.exitCode = 5;
    return 1;
  },
  replacesStdout: () => {
    process.stdout.write = () => true;
    return 1;
  },
  printsWithoutLineEnd: (ctx: Context) => {
    process.stdout.write("before ");
    ctx.log.info("in between");
    process.stdout.write("after");
    return 1;
  },
  logsLineSeparators: (ctx: Context) => {
    ctx.log.info("one\u2028two\u2029three\nfour\rfive");
    return 1;
  },
  looksAround: (ctx: Context) => ({ env: { ...process.env }, main: import.meta.main, key: ctx.secrets["key"]?.length }),
  exitsWithZero: () => process.exit(0),
  fillsHeap: () => {
    const kept: object[] = [];
    for (;;) kept.push({ at: kept.length, text: `row ${kept.length}` });
  },
  rejectsUnseen: () => {
    Promise.reject(new Error("nobody looks"));
    return new Promise<number>(() => {});
  },
  neverSettles: () => new Promise<number>(() => {}),
  throws: () => {
    throw new RangeError("out of range");
  },
} satisfies Record<string, (ctx: Context) => unknown>;

/** Names of {@link habits}. */
export type Habit = keyof typeof habits;

const out = new Dataset<unknown>("out");
const options = {
  output: out,
  params: z.object({ habit: z.string() }),
  secrets: { key: secret("habit-key") },
};
const handler = (_: unknown, ctx: Context & { readonly params: { readonly habit: string } }) =>
  habits[ctx.params.habit as Habit](ctx);
const env = { OWN: "yes" };

const serverless = { memory: 300, env };
const container = compute.container({ image: nodeImage, memory: 300, env });
const threads = compute.local({ workers: 2 });
const here = { module: import.meta.url };

export const inFunction = new Pipeline(
  "in_function",
  [task("t", { ...options, compute: compute.serverless(serverless) }, handler)],
  here,
);
export const inThread = new Pipeline("in_thread", [task("t", { ...options, compute: threads }, handler)], here);
export const inContainer = new Pipeline("in_container", [task("t", { ...options, compute: container }, handler)], here);

/** The same with a limit of time: the function's own, or the task's. */
export const inFunctionBriefly = new Pipeline(
  "in_function_briefly",
  [task("t", { ...options, compute: compute.serverless({ ...serverless, timeout: 1 }) }, handler)],
  here,
);
export const inThreadBriefly = new Pipeline(
  "in_thread_briefly",
  [task("t", { ...options, timeout: 1, compute: threads }, handler)],
  here,
);
export const inContainerBriefly = new Pipeline(
  "in_container_briefly",
  [task("t", { ...options, timeout: 1, compute: container }, handler)],
  here,
);

// As in a user's file: threads, functions and containers load it too, and must not come by here.
if (import.meta.main) {
  await inFunction.run({ executor: new LocalExecutor({ storage: "memory" }), params: { habit: "leavesTimer" } });
}
