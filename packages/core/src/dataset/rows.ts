/**
 * The rows of a dataset, streamed. It can be iterated once; a second time is an error, since the stream is gone.
 *
 * @example
 * for await (const order of orders) total += order.amount;
 */
export interface Rows<T> extends AsyncIterable<T> {
  /** All rows in memory. */
  toArray(): Promise<T[]>;
  /** Rows in arrays of some hundred to some thousand: the fastest way to go through many. */
  batches(): AsyncIterable<T[]>;
}

/** {@link Rows} over batches. */
export function rowsOf<T>(batches: AsyncIterable<T[]>): Rows<T> {
  return {
    batches: () => batches,
    async toArray() {
      const all: T[] = [];
      for await (const batch of batches) for (const row of batch) all.push(row);
      return all;
    },
    [Symbol.asyncIterator]: () => new RowIterator(batches[Symbol.asyncIterator]()),
  };
}

/** A hand-written iterator: an async generator costs twice as much a row. */
class RowIterator<T> implements AsyncIterator<T> {
  readonly #batches: AsyncIterator<T[]>;
  #batch: T[] = [];
  #next = 0;

  constructor(batches: AsyncIterator<T[]>) {
    this.#batches = batches;
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#next < this.#batch.length) {
      return Promise.resolve({ done: false, value: this.#batch[this.#next++] as T });
    }
    return this.#refill();
  }

  async #refill(): Promise<IteratorResult<T>> {
    while (this.#next >= this.#batch.length) {
      const result = await this.#batches.next();
      if (result.done === true) return { done: true, value: undefined };
      this.#batch = result.value;
      this.#next = 0;
    }
    return { done: false, value: this.#batch[this.#next++] as T };
  }

  async return(): Promise<IteratorResult<T>> {
    await this.#batches.return?.();
    return { done: true, value: undefined };
  }
}
