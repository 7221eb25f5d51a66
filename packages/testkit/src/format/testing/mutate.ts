import { type CodecContext, GlacierError } from "@glacier/core";

/** Each item made into another. */
export async function* mapped<T, R>(items: AsyncIterable<T>, map: (item: T) => R): AsyncGenerator<R> {
  for await (const item of items) yield map(item);
}

/** An error as a format has to throw it. */
export function decodeFailed(message: string, { dataset }: CodecContext): GlacierError {
  return new GlacierError("DECODE_FAILED", { message: `dataset "${dataset}": ${message}`, hint: "Write it again." });
}
