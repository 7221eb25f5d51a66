import type { Closure } from "./closure.ts";

/** How many guesses at the durations a cut is judged by. */
const samples = 32;

/** Of the cuts that cost at most this much more than the cheapest, the most even one is taken: it leaves the fewest further cuts. */
const tolerance = 1.01;

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
 * second. Such cuts are the beginnings of orders of execution; of all along three sensible orders, one that probably makes
 * the whole shortest.
 */
export function chooseCut(tasks: readonly number[], closure: Closure, durations: Float64Array): [number[], number[]] {
  const part = new Part(tasks, closure, durations);
  const candidates = part.orders().map((order) => ({ order, costs: part.cutCosts(order) }));
  const cheapest = candidates.reduce((least, { costs }) => costs.reduce((a, b) => Math.min(a, b), least), Infinity);
  let first: readonly number[] = [];
  let balance = 0;
  for (const { order, costs } of candidates) {
    for (let done = 1; done < order.length; done++) {
      const even = Math.min(done, order.length - done);
      if ((costs[done - 1] as number) > cheapest * tolerance || even <= balance) continue;
      first = order.slice(0, done);
      balance = even;
    }
  }
  const chosen = new Set(first);
  return [tasks.filter((_, i) => chosen.has(i)), tasks.filter((_, i) => !chosen.has(i))];
}

/** Tasks that are to be cut, by position; with the longest ways to and from each, by guess. */
class Part {
  /** Positions that wait for each other directly. */
  readonly #neighbours: readonly (readonly number[])[];
  /** Durations of the longest way that ends with a task. It is the same in any first half of a cut that the task is in. */
  readonly #heads: Float64Array;
  /** Durations of the longest way that begins with a task, likewise for second halves. */
  readonly #tails: Float64Array;

  constructor(tasks: readonly number[], closure: Closure, durations: Float64Array) {
    const position = new Map(tasks.map((task, i) => [task, i]));
    const inside = (all: readonly number[] = []) =>
      all.map((task) => position.get(task)).filter((place) => place !== undefined);
    const before = tasks.map((task) => inside(closure.dependencies[task]));
    const after = tasks.map((task) => inside(closure.dependents[task]));
    const own = new Float64Array(tasks.length * samples);
    for (const [i, task] of tasks.entries())
      own.set(durations.subarray(task * samples, (task + 1) * samples), i * samples);
    const forward = tasks.map((_, i) => i);
    this.#neighbours = forward.map((i) => [...(before[i] ?? []), ...(after[i] ?? [])]);
    this.#heads = longest(forward, before, own);
    this.#tails = longest(forward.toReversed(), after, own);
  }

  /** Positions as soon as possible, as late as possible, and between the two. */
  orders(): number[][] {
    const head = means(this.#heads);
    const tail = means(this.#tails);
    const middle = head.map((value, i) => value - (tail[i] as number));
    return [head, tail.map((value) => -value), middle].map((key) =>
      this.#neighbours.map((_, i) => i).sort((a, b) => (key[a] as number) - (key[b] as number) || a - b),
    );
  }

  /** What the whole will take when it is cut after the first 1, 2… of an order. */
  cutCosts(order: readonly number[]): Float64Array {
    const before = this.#costs(order, this.#heads);
    const after = this.#costs(order.toReversed(), this.#tails);
    return before.slice(1, -1).map((cost, i) => cost + (after[order.length - 1 - i] as number));
  }

  /**
   * What the first 0, 1, 2… of an order will take: the slowest of their components, each with its stretch; means over the
   * guesses. A component only grows, and with it what it takes, so that one pass over the order gives all.
   */
  #costs(order: readonly number[], ways: Float64Array): Float64Array {
    const group = new Groups(order.length);
    const longestIn = ways.slice();
    const slowest = new Float64Array(samples);
    const costs = new Float64Array(order.length + 1);
    const added = new Uint8Array(order.length);
    order.forEach((task, done) => {
      added[task] = 1;
      for (const other of this.#neighbours[task] ?? []) {
        if (added[other] === 0) continue;
        const one = group.of(task);
        const two = group.of(other);
        if (one === two) continue;
        const kept = group.join(one, two);
        raise(longestIn, kept, kept === one ? two : one);
      }
      const root = group.of(task);
      costs[done + 1] = raiseSlowest(slowest, longestIn, root, stretch(group.size(root)));
    });
    return costs;
  }
}

/** Disjoint sets of positions. */
class Groups {
  readonly #parents: Int32Array;
  readonly #sizes: Int32Array;

  constructor(size: number) {
    this.#parents = Int32Array.from({ length: size }, (_, i) => i);
    this.#sizes = new Int32Array(size).fill(1);
  }

  of(position: number): number {
    let root = position;
    for (let parent = this.#parents[root] as number; parent !== root; parent = this.#parents[root] as number) {
      this.#parents[root] = this.#parents[parent] as number;
      root = parent;
    }
    return root;
  }

  size(root: number): number {
    return this.#sizes[root] as number;
  }

  /** Joins the sets of two roots; answers the one that stays a root. */
  join(one: number, two: number): number {
    const [kept, joined] = this.size(one) >= this.size(two) ? [one, two] : [two, one];
    this.#parents[joined] = kept;
    this.#sizes[kept] = this.size(kept) + this.size(joined);
    return kept;
  }
}

function longest(order: readonly number[], waitsFor: readonly (readonly number[])[], own: Float64Array): Float64Array {
  const ways = new Float64Array(own.length);
  for (const task of order) {
    for (const other of waitsFor[task] ?? []) raise(ways, task, other);
    for (let i = task * samples; i < (task + 1) * samples; i++) ways[i] = (ways[i] as number) + (own[i] as number);
  }
  return ways;
}

/** Raises one position's values to another's, where these are more. */
function raise(ways: Float64Array, to: number, from: number): void {
  for (let k = 0; k < samples; k++) {
    const way = ways[from * samples + k] as number;
    if (way > (ways[to * samples + k] as number)) ways[to * samples + k] = way;
  }
}

/** Raises values to a position's times a factor, where these are more; answers their mean. */
function raiseSlowest(slowest: Float64Array, ways: Float64Array, position: number, factor: number): number {
  let sum = 0;
  for (let k = 0; k < samples; k++) {
    const way = (ways[position * samples + k] as number) * factor;
    if (way > (slowest[k] as number)) slowest[k] = way;
    sum += slowest[k] as number;
  }
  return sum / samples;
}

function means(ways: Float64Array): Float64Array {
  return Float64Array.from({ length: ways.length / samples }, (_, i) => mean(ways, i));
}

/** The mean of a position's values. */
function mean(ways: Float64Array, position: number): number {
  let sum = 0;
  for (let k = 0; k < samples; k++) sum += ways[position * samples + k] as number;
  return sum / samples;
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
