import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { ExecutionContext, Registry, RunEvent, TaskInvocation } from "@glacier/core";
import { type RemoteTask, remoteTask } from "@glacier/core/execute";
import { createPool, type Pool } from "../pool/index.ts";
import { portChannel, serveMemory } from "../storage/index.ts";
import { flagsFrom } from "./node-flags.ts";
import { sibling } from "./sibling.ts";

/** Runs attempts in worker threads. */
export interface Threads {
  run(invocation: TaskInvocation, context: ExecutionContext, workers: number): Promise<void>;
  close(): Promise<void>;
}

/** What each worker gets when it starts. */
export interface ThreadData {
  readonly memory: MessagePort;
}

/** The pools of one run, by how many workers a task asks for. */
interface RunPools {
  active: number;
  readonly bySize: Map<number, Pool<RemoteTask, void, RunEvent>>;
}

/**
 * Threads start with the first attempt that wants one. Each run has its own, since they reach the memory storage of its
 * registry; `close` ends those of the runs that have no attempt under way. `env` is what they see instead of this process's own.
 */
export function createThreads(env?: Readonly<Record<string, string | undefined>>): Threads {
  const runs = new Map<Registry, RunPools>();

  function poolsOf({ registry }: ExecutionContext): RunPools {
    let pools = runs.get(registry);
    if (pools === undefined) {
      pools = { active: 0, bySize: new Map() };
      runs.set(registry, pools);
    }
    return pools;
  }

  function poolOf({ bySize }: RunPools, size: number, { registry }: ExecutionContext) {
    let pool = bySize.get(size);
    if (pool === undefined) {
      pool = createPool<RemoteTask, void, RunEvent>({
        module: sibling(import.meta.url, "thread"),
        size,
        execArgv: flagsFrom(import.meta.url),
        ...(env !== undefined && { env }),
        setup() {
          const { port1, port2 } = new MessageChannel();
          serveMemory(portChannel(port1), (resource) => registry.storage(resource));
          return { data: { memory: port2 }, transfer: [port2], dispose: () => port1.close() };
        },
      });
      bySize.set(size, pool);
    }
    return pool;
  }

  return {
    async run(invocation, context, workers) {
      const task = remoteTask(invocation, context);
      const pools = poolsOf(context);
      pools.active++;
      try {
        await poolOf(pools, workers, context).run(task, { signal: context.signal, onMessage: context.emit });
      } finally {
        pools.active--;
      }
    },
    async close() {
      const idle = [...runs].filter(([, { active }]) => active === 0);
      for (const [registry] of idle) runs.delete(registry);
      await Promise.all(idle.flatMap(([, { bySize }]) => [...bySize.values()].map((pool) => pool.close())));
    },
  };
}
