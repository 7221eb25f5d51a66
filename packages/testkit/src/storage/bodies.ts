/** A body of these chunks; text is UTF-8. */
export async function* body(...chunks: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
}

/** Bytes that look random (no valid UTF-8, every value), the same for the same seed. */
export function noise(size: number, seed = 1): Uint8Array {
  const words = new Uint32Array(Math.ceil(size / 4));
  let state = Math.imul(seed, 0x9e3779b1) | 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer, 0, size);
}

/** `bytes` in chunks of 1, 3, 9… up to about 400,000 bytes, which no block or part size divides. */
export function oddChunks(bytes: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, step = 1; at < bytes.length; at += step, step = step > 130_000 ? 1 : step * 3)
    chunks.push(bytes.subarray(at, at + step));
  return chunks;
}

/** A body that counts what is done with it. */
export interface WatchedBody extends AsyncIterable<Uint8Array> {
  /** Chunks that were asked for. */
  readonly pulled: number;
  /** Iterators that were taken and have neither ended nor been told to return. */
  readonly open: number;
  /** Whether a chunk was asked for before the last one was there. */
  readonly overlapped: boolean;
}

/** A body whose chunks are made when they are asked for; undefined ends it. */
export function watched(
  chunkAt: (index: number) => Promise<Uint8Array | undefined> | Uint8Array | undefined,
): WatchedBody {
  let pulled = 0;
  let open = 0;
  let waiting = false;
  let overlapped = false;
  return {
    get pulled() {
      return pulled;
    },
    get open() {
      return open;
    },
    get overlapped() {
      return overlapped;
    },
    [Symbol.asyncIterator]() {
      let ended = false;
      const end = (): IteratorReturnResult<undefined> => {
        if (!ended) open--;
        ended = true;
        return { done: true, value: undefined };
      };
      open++;
      return {
        async next() {
          if (ended) return end();
          overlapped ||= waiting;
          waiting = true;
          try {
            const value = await chunkAt(pulled++);
            return value === undefined ? end() : { done: false, value };
          } catch (error) {
            end();
            throw error;
          } finally {
            waiting = false;
          }
        },
        return: async () => end(),
      };
    },
  };
}
