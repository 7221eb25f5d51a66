/** The transitive closure of a graph, as bit sets, and what of its structure follows from it. */
export class Closure {
  readonly dependencies: readonly (readonly number[])[];
  readonly dependents: readonly (readonly number[])[];
  /** Both. */
  readonly #neighbours: readonly (readonly number[])[];
  readonly #words: number;
  /** A row of bits for each task. */
  readonly #ancestors: Uint32Array;
  readonly #descendants: Uint32Array;

  /** `dependencies[i]` are all below `i`. */
  constructor(dependencies: readonly (readonly number[])[]) {
    const dependents: number[][] = dependencies.map(() => []);
    dependencies.forEach((before, task) => {
      for (const other of before) dependents[other]?.push(task);
    });
    const tasks = dependencies.map((_, task) => task);
    this.dependencies = dependencies;
    this.dependents = dependents;
    this.#neighbours = dependencies.map((before, task) => [...before, ...(dependents[task] ?? [])]);
    this.#words = Math.ceil(dependencies.length / 32);
    this.#ancestors = this.#close(tasks, dependencies);
    this.#descendants = this.#close(tasks.reverse(), dependents);
  }

  /** For each task its neighbours on one side and theirs, in an order in which these come first. */
  #close(order: readonly number[], neighbours: readonly (readonly number[])[]): Uint32Array {
    const words = this.#words;
    const rows = new Uint32Array(order.length * words);
    for (const task of order) {
      for (const other of neighbours[task] ?? []) {
        for (let w = 0; w < words; w++)
          rows[task * words + w] = at(rows, task * words + w) | at(rows, other * words + w);
        const word = task * words + (other >> 5);
        rows[word] = at(rows, word) | (1 << (other & 31));
      }
    }
    return rows;
  }

  /** Whether `after` waits for `before`, directly or not. */
  precedes(before: number, after: number): boolean {
    return (at(this.#ancestors, after * this.#words + (before >> 5)) & (1 << (before & 31))) !== 0;
  }

  /** Groups of these tasks that no edge joins, each ascending, in the order of their first tasks. */
  components(tasks: readonly number[]): number[][] {
    const inside = new Set(tasks);
    const group = new Map<number, number>();
    const groups: number[][] = [];
    for (const start of tasks) {
      if (group.has(start)) continue;
      const id = groups.push([]) - 1;
      const waiting = [start];
      group.set(start, id);
      for (let task = waiting.pop(); task !== undefined; task = waiting.pop()) {
        for (const next of this.#neighbours[task] ?? []) {
          if (!inside.has(next) || group.has(next)) continue;
          group.set(next, id);
          waiting.push(next);
        }
      }
    }
    for (const task of tasks) groups[group.get(task) as number]?.push(task);
    return groups;
  }

  /**
   * The finest blocks of these tasks such that every task of a block waits for all tasks of the blocks before it; one block
   * where there is no such place.
   *
   * Ordered by how many tasks each waits for, the first i are such a block's end exactly when all i × (n - i) pairs across
   * are related. The first i wait for nobody outside, so those pairs are their descendants less the pairs among themselves.
   */
  seriesBlocks(tasks: readonly number[]): number[][] {
    const mask = new Uint32Array(this.#words);
    for (const task of tasks) mask[task >> 5] = at(mask, task >> 5) | (1 << (task & 31));
    const before = new Map(tasks.map((task) => [task, this.#count(this.#ancestors, task, mask)]));
    const order = [...tasks].sort((a, b) => (before.get(a) ?? 0) - (before.get(b) ?? 0) || a - b);
    const blocks: number[][] = [[]];
    let related = 0;
    order.forEach((task, index) => {
      blocks.at(-1)?.push(task);
      related += this.#count(this.#descendants, task, mask) - (before.get(task) ?? 0);
      const done = index + 1;
      if (done < order.length && related === done * (order.length - done)) blocks.push([]);
    });
    for (const block of blocks) block.sort((a, b) => a - b);
    return blocks;
  }

  #count(rows: Uint32Array, task: number, mask: Uint32Array): number {
    let count = 0;
    for (let w = 0; w < this.#words; w++) count += bits(at(rows, task * this.#words + w) & at(mask, w));
    return count;
  }
}

function at(words: Uint32Array, index: number): number {
  return words[index] as number;
}

function bits(word: number): number {
  let n = word - ((word >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
