import { createRegistry, type Provider, type RowsFormat, type ValueFormat } from "@glacier/core";
import fc from "fast-check";
import { expect } from "vitest";
import { checkError, eachCut, eachFlip, eachGarbage, type Outcome } from "./damage.ts";
import { type Codec, cutsEvery, sourceOf } from "./io.ts";

/** What a codec's cases need to know, whatever its shape. */
export interface Subject {
  readonly format: RowsFormat | ValueFormat;
  readonly codec: Codec;
  readonly contents: fc.Arbitrary<unknown>;
  readonly equals: ((read: unknown, written: unknown) => boolean) | undefined;
  readonly providers: readonly Provider[];
  readonly timeout: number | undefined;
}

/** Fails where `create` makes a format of another shape than the suite was told. */
export function checkShape({ name, shape }: RowsFormat | ValueFormat, told: "rows" | "value"): void {
  expect(shape, `the shape of "${name}", as \`shape\` of the suite's options says`).toBe(told);
}

/** Fails unless what was read is what was written. */
export function same({ equals }: { readonly equals?: Subject["equals"] }, read: unknown, written: unknown): void {
  if (equals === undefined) expect(read).toStrictEqual(written);
  else expect(equals(read, written), "what was read is not what was written").toBe(true);
}

/** Contents of the arbitrary, always the same ones. */
export function samples<T>(contents: fc.Arbitrary<T>, count: number): T[] {
  return fc.sample(contents, { numRuns: count, seed: 20_260_101 });
}

export async function registryBuildsIt(
  { format, contents, providers, ...subject }: Subject,
  codecOf: (format: never) => Codec,
): Promise<void> {
  const options = format.options === undefined ? undefined : JSON.parse(JSON.stringify(format.options));
  expect(options, "a format's options must be JSON").toEqual(format.options);
  const again = createRegistry(providers).format(format.name, options);
  const { name, shape, extension, contentType } = format;
  expect(again).toMatchObject({ name, shape, extension, contentType });
  expect(again.options).toEqual(format.options);
  expect(extension).toMatch(/^[a-z0-9]+(\.[a-z0-9]+)*$/);
  const codec = codecOf(again as never);
  for (const content of samples(contents, 20)) {
    const bytes = await subject.codec.encode(content);
    expect(await codec.encode(content)).toEqual(bytes);
    same(subject, await codec.decode(sourceOf(bytes, [], true)), content);
  }
}

export async function cutOffFiles(
  subject: Subject,
  judge: (outcome: Outcome, written: unknown) => void,
): Promise<void> {
  const files = await filesBySize(subject);
  for (const file of [files.at(0), files.at(files.length / 2), files.at(-1)]) {
    if (file !== undefined) await eachCut(subject.codec, file.bytes, (outcome) => judge(outcome, file.content));
  }
}

export async function damagedFiles(subject: Subject): Promise<void> {
  const files = await filesBySize(subject);
  const { bytes } = files[files.length / 2] as (typeof files)[number];
  await eachFlip(subject.codec, bytes);
  await eachGarbage(subject.codec, bytes, subject.timeout);
}

/** Files of ten contents, the smallest first. */
async function filesBySize({ codec, contents }: Subject): Promise<{ content: unknown; bytes: Uint8Array }[]> {
  const files = [];
  for (const content of samples(contents, 10)) files.push({ content, bytes: await codec.encode(content) });
  return files.sort((a, b) => a.bytes.length - b.bytes.length);
}

/** A word that no codec has a reason to say. */
export const payload = "qzxvjk";

/** No error about a damaged file that is full of `payload` holds it. */
export async function silentErrors({ codec }: Subject, content: unknown): Promise<void> {
  const bytes = await codec.encode(content);
  await eachFlip(codec, bytes, payload);
}

export async function sourceErrors({ codec, contents }: Subject): Promise<void> {
  const lost = new RangeError("the disk is gone");
  for (const content of samples(contents, 6)) {
    const bytes = await codec.encode(content);
    for (const at of [0, Math.floor(bytes.length / 2), bytes.length]) {
      const source = {
        async *stream(): AsyncGenerator<Uint8Array> {
          if (at > 0) yield bytes.slice(0, at);
          throw lost;
        },
      };
      await passes(codec.decode(source), lost);
    }
    await passes(
      codec.decode({ size: 1000, stream: () => sourceThatThrows(lost), range: () => Promise.reject(lost) }),
      lost,
    );
  }
}

export async function abortedReading({ codec, contents }: Subject): Promise<void> {
  for (const content of samples(contents, 6)) {
    const bytes = await codec.encode(content);
    const reason = new Error("cancelled");
    await passes(
      codec.decode(sourceOf(bytes, cutsEvery(10, bytes.length), true), { signal: AbortSignal.abort(reason) }),
      reason,
    );
    const controller = new AbortController();
    // A source that doesn't look at the signal itself, and goes on for ever.
    const endless = {
      async *stream(): AsyncGenerator<Uint8Array> {
        if (bytes.length > 1) yield bytes.slice(0, -1);
        controller.abort(reason);
        for (let pulls = 0; pulls < 100; pulls++) yield bytes.slice(-1);
        throw new Error("it goes on reading after an abort");
      },
    };
    await passes(codec.decode(endless, { signal: controller.signal }), reason);
  }
}

/** Fails unless `promise` rejects with that very error. */
export async function passes(promise: Promise<unknown>, error: Error): Promise<void> {
  const thrown = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(
    thrown === error,
    `it should fail with "${error.message}", and ends with ${String(thrown ?? "no error")}`,
  ).toBe(true);
}

/** Fails unless `promise` rejects with `ENCODE_FAILED`. */
export async function refused(promise: Promise<unknown>): Promise<{ context: { row?: number } }> {
  const thrown = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(thrown, "it should refuse this content").toBeDefined();
  checkError(thrown, ["ENCODE_FAILED"], payload);
  return thrown as { context: { row?: number } };
}

// biome-ignore lint/correctness/useYield: it fails before it has anything
async function* sourceThatThrows(error: Error): AsyncGenerator<Uint8Array> {
  throw error;
}
