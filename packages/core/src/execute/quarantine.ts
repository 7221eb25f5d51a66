import type { InvalidRow } from "../task/types.ts";

/** Rows waiting for the quarantine's writer; `push` waits while the writer is behind. */
export class QuarantineQueue {
  #rows: InvalidRow[] = [];
  #ended = false;
  #failure: { error: unknown } | undefined;
  #wakeReader: () => void = () => {};
  #wakeWriters: (() => void)[] = [];

  async push(row: InvalidRow): Promise<void> {
    while (this.#rows.length >= limit && !this.#ended)
      await new Promise<void>((resolve) => this.#wakeWriters.push(resolve));
    this.#rows.push(row);
    this.#wakeReader();
  }

  /** No more rows will come. */
  end(): void {
    this.#ended = true;
    this.#wakeReader();
    this.#wake();
  }

  /** The attempt failed: the writer must publish nothing. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.end();
  }

  async *batches(): AsyncGenerator<InvalidRow[]> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#rows.length > 0) {
        const batch = this.#rows;
        this.#rows = [];
        this.#wake();
        yield batch;
      } else if (this.#ended) return;
      else await new Promise<void>((resolve) => (this.#wakeReader = resolve));
    }
  }

  #wake(): void {
    const waiting = this.#wakeWriters;
    this.#wakeWriters = [];
    for (const wake of waiting) wake();
  }
}

/** Rows held before `push` waits. */
const limit = 1024;
