/**
 * Holds back the end of several streams until all have come to theirs: so either all of a task's outputs
 * are published, or none whose content could still fail.
 */
export class Barrier {
  #missing: number;
  readonly #onArrival: (missing: number) => void;
  readonly #opened: Promise<void>;
  #open: () => void = () => {};
  #fail: (error: unknown) => void = () => {};

  /** `onArrival` hears after each arrival how many are missing. */
  constructor(parties: number, onArrival: (missing: number) => void) {
    this.#missing = parties;
    this.#onArrival = onArrival;
    this.#opened = new Promise((resolve, reject) => {
      this.#open = resolve;
      this.#fail = reject;
    });
    this.#opened.catch(() => {});
  }

  arrive(): Promise<void> {
    this.#missing--;
    this.#onArrival(this.#missing);
    if (this.#missing === 0) this.#open();
    return this.#opened;
  }

  fail(error: unknown): void {
    this.#fail(error);
  }
}
