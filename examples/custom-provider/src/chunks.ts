/** Bytes of each stored chunk, 256 KiB: as much as a read or a write holds. */
export const chunkSize: number = 256 * 1024;

/** The bytes regrouped, all chunks of {@link chunkSize} but for the last. The buffer is used again. */
export async function* inChunks(body: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const chunk = Buffer.alloc(chunkSize);
  let filled = 0;
  for await (let bytes of body) {
    while (bytes.length > 0) {
      const part = bytes.subarray(0, chunkSize - filled);
      chunk.set(part, filled);
      filled += part.length;
      bytes = bytes.subarray(part.length);
      if (filled < chunkSize) continue;
      yield chunk;
      filled = 0;
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}
