import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { ExecutionContext, RunEvent, TaskInvocation } from "@glacier/core";
import { createPool, type Pool } from "../pool/index.ts";
import { portChannel, serveMemory } from "../storage/index.ts";
import { type RemoteTask, remoteTask, sibling, sourceConditions } from "./remote.ts";

/** Runs attempts in worker threads. */
export interface Threads {
  run(invocation: TaskInvocation, context: ExecutionContext, workers: number): Promise<void>;
  close(): Promise<void>;
}

/** What each worker gets when it starts. */
export interface ThreadData {
  readonly memory: MessagePort;
}

/** One pool for each number of workers that a pipeline asks for; threads start with the first attempt. */
export function createThreads(): Threads {
  const pools = new Map<number, Pool<RemoteTask, void, RunEvent>>();

  function poolOf(size: number, { registry }: ExecutionContext): Pool<RemoteTask, void, RunEvent> {
    let pool = pools.get(size);
    if (pool === undefined) {
      pool = createPool<RemoteTask, void, RunEvent>({
        module: sibling(import.meta.url, "thread"),
        size,
        execArgv: [...process.execArgv, ...sourceConditions(import.meta.url)],
        setup() {
          const { port1, port2 } = new MessageChannel();
          serveMemory(portChannel(port1), (resource) => registry.storage(resource));
          return { data: { memory: port2 }, transfer: [port2], dispose: () => port1.close() };
        },
      });
      pools.set(size, pool);
    }
    return pool;
  }

  return {
    run: (invocation, context, workers) =>
      poolOf(workers, context).run(remoteTask(invocation, context), {
        signal: context.signal,
        onMessage: context.emit,
      }),
    async close() {
      const open = [...pools.values()];
      pools.clear();
      await Promise.all(open.map((pool) => pool.close()));
    },
  };
}
