/**
 * What nesting a graph in series and parallels costs: the makespan over the critical path, on random graphs with log-normal
 * durations (σ = 1) that the decomposition doesn't know. Peer: a barrier after each level. Means over many graphs, seeded: no
 * clock is in them. Then the time that it takes itself.
 *
 * The targets are for graphs on which levels give 1.22, 1.38, 1.57 and 1.82, as the first kind's do within 0.03. The second,
 * whose tasks take from any before them, are denser and further from series-parallel: shown beside, without a target.
 */
import { type SeriesParallel, seriesParallel } from "@glacier/core/compile";
import { type Bench, interleaved, type Row, timed } from "./measure.ts";

const sizes = [8, 15, 30, 60];
const targets: Readonly<Record<number, number>> = { 8: 1.04, 15: 1.09, 30: 1.16, 60: 1.16 };
const kinds: readonly Kind[] = [
  { name: "up to two of the 8 before", window: 8, most: 2, targets },
  { name: "up to three of all before", window: Number.POSITIVE_INFINITY, most: 3 },
];
const graphs = 150;
const draws = 20;

const bench: Bench = {
  name: "series-parallel",
  async run() {
    const rows: Row[] = [];
    for (const kind of kinds) {
      for (const size of sizes) {
        const { nested, levels } = stretchOf(size, kind);
        const limit = kind.targets?.[size];
        rows.push({
          label: `${size} tasks that take ${kind.name}`,
          value: nested,
          unit: "× critical path",
          peer: levels,
          ...(limit !== undefined && { target: `≤ ${limit}`, ok: nested <= limit }),
        });
      }
    }
    const random = generator(3);
    const large = graphOf(1000, kinds[1] as Kind, random);
    const took = await interleaved(5, { nest: () => timed(() => seriesParallel(large)) });
    rows.push({ label: "to nest 1,000 tasks", value: took.nest, unit: "ms" });
    return { rows };
  },
};

export default bench;

/** Random graphs: each task takes none to `most` of the `window` tasks before it. */
interface Kind {
  readonly name: string;
  readonly window: number;
  readonly most: number;
  readonly targets?: Readonly<Record<number, number>>;
}

function stretchOf(size: number, kind: Kind): { nested: number; levels: number } {
  const random = generator(size);
  const total = { nested: 0, levels: 0 };
  for (let n = 0; n < graphs; n++) {
    const graph = graphOf(size, kind, random);
    const { tree } = seriesParallel(graph);
    for (let draw = 0; draw < draws; draw++) {
      const durations = graph.map(() => Math.exp(normal(random)));
      const critical = criticalPath(graph, durations);
      total.nested += makespan(tree, durations) / critical;
      total.levels += levelled(graph, durations) / critical;
    }
  }
  return { nested: total.nested / graphs / draws, levels: total.levels / graphs / draws };
}

function graphOf(size: number, { window, most }: Kind, random: () => number): number[][] {
  return Array.from({ length: size }, (_, task) => {
    const near = Math.min(task, window);
    const wanted = Math.min(near, Math.floor(random() * (most + 1)));
    const before = new Set<number>();
    while (before.size < wanted) before.add(task - 1 - Math.floor(random() * near));
    return [...before];
  });
}

function makespan(tree: SeriesParallel, durations: readonly number[]): number {
  if (tree.kind === "task") return durations[tree.task] ?? 0;
  if (tree.kind === "series") return tree.steps.reduce((sum, step) => sum + makespan(step, durations), 0);
  return Math.max(...tree.branches.map((branch) => makespan(branch, durations)));
}

function criticalPath(graph: readonly (readonly number[])[], durations: readonly number[]): number {
  const ends: number[] = [];
  graph.forEach((before, task) => {
    ends.push(Math.max(0, ...before.map((other) => ends[other] ?? 0)) + (durations[task] ?? 0));
  });
  return Math.max(...ends);
}

function levelled(graph: readonly (readonly number[])[], durations: readonly number[]): number {
  const levels: number[] = [];
  const slowest: number[] = [];
  graph.forEach((before, task) => {
    const level = Math.max(-1, ...before.map((other) => levels[other] ?? 0)) + 1;
    levels.push(level);
    slowest[level] = Math.max(slowest[level] ?? 0, durations[task] ?? 0);
  });
  return slowest.reduce((sum, duration) => sum + duration, 0);
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Numbers from 0 to 1, the same for a seed each time. */
function generator(seed: number): () => number {
  let state = seed * 7919;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
