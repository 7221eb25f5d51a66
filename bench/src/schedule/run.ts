// One measurement of ../schedule.ts, in a process of its own: prints µs a task and the peak memory.
import { schedule } from "@glacier/core";

const size = 100_000;
const layer = 1000;
const how = process.argv[2] ?? "glacier";

const graph = how === "chain" ? Array.from({ length: size }, (_, i) => (i === 0 ? [] : [i - 1])) : layered();
const noop = async () => {};
const runs: Record<string, () => Promise<void>> = { glacier, chain: glacier, bare, hand, pgraph, effect };

const start = performance.now();
await runs[how]?.();
const us = ((performance.now() - start) * 1000) / size;
console.log(JSON.stringify({ us, rssMiB: process.resourceUsage().maxRSS / 1024 }));

function layered(): number[][] {
  let seed = 7;
  const random = (limit: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % limit;
  };
  return Array.from({ length: size }, (_, i) => {
    const before = Math.floor(i / layer) * layer - layer;
    return before < 0 ? [] : [...new Set([0, 1, 2].map(() => before + random(layer)))];
  });
}

async function glacier(): Promise<void> {
  const retry = { max: 0, delay: 1, factor: 2, maxDelay: 60, jitter: 0.5 };
  let events = 0;
  const { status } = await schedule({
    runId: "bench",
    tasks: graph.map((_, i) => ({ name: `t${i}`, retry })),
    dependencies: graph,
    concurrency: 16,
    keepGoing: false,
    emit: () => void events++,
    execute: noop,
  });
  if (status !== "succeeded" || events !== size * 2) throw new Error(`${status}, ${events} events`);
}

/** As little as a correct order needs. */
async function bare(): Promise<void> {
  const { missing, dependents, ready } = maps();
  let done = 0;
  for (let next = ready.shift(); next !== undefined; next = ready.pop()) {
    await noop();
    done++;
    for (const other of dependents.get(next) ?? []) {
      const left = (missing.get(other) ?? 0) - 1;
      missing.set(other, left);
      if (left === 0) ready.push(other);
    }
  }
  if (done !== size) throw new Error(`${done} done`);
}

/** What anybody would write who needs status, events, an abort check and a limit. */
async function hand(): Promise<void> {
  const { missing, dependents, ready } = maps();
  const status = new Map<string, string>();
  const { signal } = new AbortController();
  let events = 0;
  const emit = (_: { type: string; task: string; time: number }) => void events++;
  let running = 0;
  let head = 0;
  await new Promise<void>((resolve, reject) => {
    const pump = () => {
      while (running < 16 && head < ready.length && !signal.aborted) {
        const task = ready[head++] as string;
        running++;
        status.set(task, "running");
        emit({ type: "started", task, time: Date.now() });
        noop().then(() => {
          running--;
          status.set(task, "done");
          emit({ type: "done", task, time: Date.now() });
          for (const other of dependents.get(task) ?? []) {
            const left = (missing.get(other) ?? 0) - 1;
            missing.set(other, left);
            if (left === 0) ready.push(other);
          }
          pump();
        }, reject);
      }
      if (running === 0) resolve();
    };
    pump();
  });
  if (events !== size * 2) throw new Error(`${events} events`);
}

async function pgraph(): Promise<void> {
  const { PGraph } = await import("p-graph");
  const nodes = new Map(graph.map((_, i) => [`t${i}`, { run: noop }]));
  const edges = graph.flatMap((inputs, i): [string, string][] => inputs.map((other) => [`t${other}`, `t${i}`]));
  await new PGraph(nodes, edges).run({ concurrency: 16 });
}

async function effect(): Promise<void> {
  const { Deferred, Effect } = await import("effect");
  let done = 0;
  const program = Effect.gen(function* () {
    const gates = yield* Effect.all(graph.map(() => Deferred.make<void>()));
    const tasks = graph.map((inputs, i) =>
      Effect.gen(function* () {
        for (const other of inputs) yield* Deferred.await(gates[other] as never);
        yield* Effect.promise(noop);
        done++;
        yield* Deferred.succeed(gates[i] as never, undefined as never);
      }),
    );
    // In topological order a limit can't lock up.
    yield* Effect.all(tasks, { concurrency: 16, discard: true });
  });
  await Effect.runPromise(program as never);
  if (done !== size) throw new Error(`${done} done`);
}

function maps() {
  const missing = new Map<string, number>();
  const dependents = new Map<string, string[]>();
  const ready: string[] = [];
  graph.forEach((inputs, i) => {
    const name = `t${i}`;
    missing.set(name, inputs.length);
    if (inputs.length === 0) ready.push(name);
    for (const other of inputs) {
      const list = dependents.get(`t${other}`);
      if (list === undefined) dependents.set(`t${other}`, [name]);
      else list.push(name);
    }
  });
  return { missing, dependents, ready };
}
