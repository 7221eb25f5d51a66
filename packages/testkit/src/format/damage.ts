import { type ErrorCode, isGlacierError } from "@glacier/core";
import fc from "fast-check";
import { expect } from "vitest";
import { holds } from "../property.ts";
import type { Codec } from "./io.ts";
import { dataset, sourceOf } from "./io.ts";

/** How an attempt to read ended: with content, or with an error that a format may give. */
export type Outcome = { readonly content: unknown } | { readonly error: Error };

/** What reading ends with. Throws for an error that no format may give. */
export async function outcomeOf(reading: Promise<unknown>, secret?: string): Promise<Outcome> {
  try {
    return { content: await reading };
  } catch (error) {
    checkError(error, ["DECODE_FAILED", "ROW_TOO_LARGE"], secret);
    return { error: error as Error };
  }
}

/** Whether an error is a format's own, names the dataset, says what to do, and doesn't hold `secret`. */
export function checkError(error: unknown, codes: readonly ErrorCode[], secret?: string): void {
  if (!isGlacierError(error)) throw new Error("a codec's errors must be GlacierErrors", { cause: error });
  expect(codes).toContain(error.code);
  expect(error.message).toContain(dataset);
  expect(error.hint).not.toBe("");
  if (secret === undefined) return;
  const told = `${error.message} ${error.hint} ${JSON.stringify(error)}`;
  // Not toContain: its failure would print the message with the data in it.
  expect(told.includes(secret), "an error's text holds data of the file").toBe(false);
}

/** Every place in `length` bytes, or `most` of them, the first and last fifty among them. */
export function placesIn(length: number, most = 250): number[] {
  const step = Math.max(1, length / most);
  const even = Array.from({ length: Math.min(length, most) }, (_, i) => Math.floor(i * step));
  const ends = Array.from({ length: Math.min(length, 50) }, (_, i) => [i, length - 1 - i]).flat();
  return [...new Set([...even, ...ends])].sort((a, b) => a - b);
}

/** Reads the file cut off at each place; `judge` says whether what came of it may come. */
export async function eachCut(codec: Codec, bytes: Uint8Array, judge: (outcome: Outcome) => void): Promise<void> {
  for (const length of placesIn(bytes.length)) {
    const outcome = await outcomeOf(codec.decode(sourceOf(bytes.subarray(0, length), [], true)));
    try {
      judge(outcome);
    } catch (cause) {
      throw new Error(`cut off after ${length} of ${bytes.length} bytes: ${(cause as Error).message}`, { cause });
    }
  }
}

/** Reads the file with one byte flipped, at each place. */
export async function eachFlip(codec: Codec, bytes: Uint8Array, secret?: string): Promise<void> {
  for (const at of placesIn(bytes.length)) {
    for (const mask of [0x01, 0x80]) {
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] as number) ^ mask;
      await outcomeOf(codec.decode(sourceOf(damaged, [], true)), secret);
    }
  }
}

/** Reads random bytes, and random bytes in the place of a file's middle. */
export async function eachGarbage(codec: Codec, bytes: Uint8Array, timeout: number | undefined): Promise<void> {
  await holds(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.nat(), fc.boolean(), async (garbage, at, within) => {
      const start = bytes.length === 0 ? 0 : at % bytes.length;
      const read = within
        ? Buffer.concat([bytes.subarray(0, start), garbage, bytes.subarray(start + garbage.length)])
        : garbage;
      await outcomeOf(codec.decode(sourceOf(read, [], true)));
    }),
    { runs: 50, timeout },
  );
}
