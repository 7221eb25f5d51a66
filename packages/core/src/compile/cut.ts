import type { Closure } from "./closure.ts";

/** How many guesses at the durations a cut is judged by, and how many cuts along one order are looked at. */
const samples = 32;
const cutsPerOrder = 64;

/**
 * How much longer than its critical path a connected part of `size` tasks will probably be once it is cut itself; from
 * random graphs (`bench series-parallel`). Without it the cheapest cut takes off one task at a time, which costs most.
 */
function stretch(size: number): number {
  return 1 + (size <= 3 ? 0 : 0.09 * Math.log2(size / 3));
}

/** Guesses at each task's duration, `samples` in a row: log-normal, as run times usually are. The same ones each time. */
export function durationsOf(tasks: number): Float64Array {
  const random = generator(42);
  return Float64Array.from({ length: tasks * samples }, () =>
    Math.exp(Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())),
  );
}

/**
 * Parts these tasks in two, so that the second may wait for all of the first: none of the first waits for one of the
 * second. Of all such cuts, one that probably makes the whole shortest.
 */
export function chooseCut(tasks: readonly number[], closure: Closure, durations: Float64Array): [number[], number[]] {
  const part = new Part(tasks, closure, durations);
  let best: Uint8Array | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (const cut of part.candidates()) {
    const cost = part.cost(cut, 1, part.heads) + part.cost(cut, 0, part.tails);
    if (cost >= lowest) continue;
    lowest = cost;
    best = cut;
  }
  return [tasks.filter((_, i) => best?.[i] === 1), tasks.filter((_, i) => best?.[i] === 0)];
}

/** Tasks that are to be cut, by position; with the longest ways to and from each, by guess. */
class Part {
  readonly #size: number;
  /** Positions that each waits for, and that wait for it. */
  readonly #before: number[][];
  readonly #after: number[][];
  /** Durations of the longest way that ends with a task. It is the same in any first half of a cut that the task is in. */
  readonly heads: Float64Array;
  /** Durations of the longest way that begins with a task, likewise for second halves. */
  readonly tails: Float64Array;

  constructor(tasks: readonly number[], closure: Closure, durations: Float64Array) {
    const position = new Map(tasks.map((task, i) => [task, i]));
    const inside = (all: readonly number[] = []) => all.flatMap((task) => position.get(task) ?? []);
    this.#size = tasks.length;
    this.#before = tasks.map((task) => inside(closure.dependencies[task]));
    this.#after = tasks.map((task) => inside(closure.dependents[task]));
    const own = new Float64Array(tasks.length * samples);
    for (const [i, task] of tasks.entries())
      own.set(durations.subarray(task * samples, (task + 1) * samples), i * samples);
    const forward = tasks.map((_, i) => i);
    this.heads = longest(forward, this.#before, own);
    this.tails = longest(forward.toReversed(), this.#after, own);
  }

  /** The cuts to choose from, 1 for each task of the first half: the beginnings of several sensible orders of execution. */
  candidates(): Iterable<Uint8Array> {
    const head = means(this.heads);
    const tail = means(this.tails);
    const found = new Map<string, Uint8Array>();
    for (const key of [head, tail.map((value) => -value), head.map((value, i) => value - (tail[i] as number))]) {
      const order = [...key.keys()].sort((a, b) => (key[a] as number) - (key[b] as number) || a - b);
      const every = Math.ceil(this.#size / cutsPerOrder);
      const cut = new Uint8Array(this.#size);
      order.slice(0, -1).forEach((task, done) => {
        cut[task] = 1;
        if (done % every === 0) found.set(cut.join(""), cut.slice());
      });
    }
    return found.values();
  }

  /** What one half will take: the slowest of its components, each with its stretch; mean over the guesses. */
  cost(cut: Uint8Array, half: 0 | 1, ways: Float64Array): number {
    const slowest = new Float64Array(samples);
    const seen = new Uint8Array(this.#size);
    for (let start = 0; start < this.#size; start++) {
      if (cut[start] !== half || seen[start] === 1) continue;
      const component = [start];
      seen[start] = 1;
      for (let next = 0; next < component.length; next++) {
        const task = component[next] as number;
        for (const others of [this.#before[task], this.#after[task]]) {
          for (const other of others ?? []) {
            if (cut[other] !== half || seen[other] === 1) continue;
            seen[other] = 1;
            component.push(other);
          }
        }
      }
      const own = new Float64Array(samples);
      for (const task of component) raise(own, ways, task);
      const factor = stretch(component.length);
      for (let k = 0; k < samples; k++) slowest[k] = Math.max(slowest[k] as number, (own[k] as number) * factor);
    }
    return mean(slowest);
  }
}

function longest(
  order: readonly number[],
  neighbours: readonly (readonly number[])[],
  own: Float64Array,
): Float64Array {
  const ways = new Float64Array(own.length);
  const before = new Float64Array(samples);
  for (const task of order) {
    before.fill(0);
    for (const other of neighbours[task] ?? []) raise(before, ways, other);
    for (let k = 0; k < samples; k++)
      ways[task * samples + k] = (before[k] as number) + (own[task * samples + k] as number);
  }
  return ways;
}

/** Raises each of `values` to the task's own, where that is more. */
function raise(values: Float64Array, ways: Float64Array, task: number): void {
  for (let k = 0; k < samples; k++) {
    const way = ways[task * samples + k] as number;
    if (way > (values[k] as number)) values[k] = way;
  }
}

function means(ways: Float64Array): Float64Array {
  return Float64Array.from({ length: ways.length / samples }, (_, i) =>
    mean(ways.subarray(i * samples, (i + 1) * samples)),
  );
}

function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Numbers from 0 to 1, the same for a seed each time (mulberry32, public domain). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
