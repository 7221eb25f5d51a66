import {
  describeThrown,
  type ErrorCode,
  type GlacierError,
  isGlacierError,
  type ListOptions,
  type ObjectInfo,
  type ReadOptions,
  type StorageAdapter,
} from "@glacier/core";
import { expect } from "vitest";

/** Milliseconds for what an adapter does behind an answer: closing a body, a file, a socket. */
export const patience = 3_000;

/** All bytes of an opened object. */
export async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) {
    expect(chunk, "a chunk").toBeInstanceOf(Uint8Array);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** All bytes of an object, or of a range of it. */
export async function bytesOf(adapter: StorageAdapter, key: string, options?: ReadOptions): Promise<Buffer> {
  return collect((await adapter.read(key, options)).body);
}

/** {@link bytesOf} as text. */
export async function textOf(adapter: StorageAdapter, key: string, options?: ReadOptions): Promise<string> {
  return (await bytesOf(adapter, key, options)).toString();
}

/** A whole listing. */
export async function listed(adapter: StorageAdapter, prefix = "", options?: ListOptions): Promise<ObjectInfo[]> {
  const found: ObjectInfo[] = [];
  for await (const info of adapter.list(prefix, options)) found.push(info);
  return found;
}

/** The keys of a listing. */
export async function keysOf(adapter: StorageAdapter, prefix = "", options?: ListOptions): Promise<string[]> {
  return (await listed(adapter, prefix, options)).map(({ key }) => key);
}

/** Expects the same bytes, and says where they begin to differ instead of printing them. */
export function expectBytes(actual: Uint8Array, expected: Uint8Array): void {
  expect(actual.length, "the number of bytes").toBe(expected.length);
  if (Buffer.compare(actual, expected) === 0) return;
  expect.fail(`byte ${actual.findIndex((byte, i) => byte !== expected[i])} of ${expected.length} is another`);
}

/** What a promise throws; that it throws nothing is a failure. */
export async function thrownBy(promise: Promise<unknown>): Promise<unknown> {
  const nothing = Symbol();
  const thrown: unknown = await promise.then(
    () => nothing,
    (error: unknown) => error,
  );
  if (thrown === nothing) expect.fail("it succeeded, where it must fail");
  return thrown;
}

/** Expects a `GlacierError` of one of these codes, with a message and a hint, and answers it. */
export async function failure(promise: Promise<unknown>, ...codes: readonly ErrorCode[]): Promise<GlacierError> {
  const error = await thrownBy(promise);
  if (!isGlacierError(error)) {
    throw new Error(`expected a GlacierError of code ${codes.join(" or ")}, got: ${describeThrown(error)}`, {
      cause: error,
    });
  }
  expect(codes, `${error.code}: ${error.message}`).toContain(error.code);
  expect(error.message, "the message").not.toBe("");
  expect(error.hint, "the hint").toEqual(expect.stringMatching(/\S/));
  return error;
}

/** Repeats a call while its error is `retryable`, as core does. */
export async function persistently<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (attempt === 10 || !isGlacierError(error) || !error.retryable) throw error;
    }
  }
}

/** Calls `each` for every item, 32 at a time. */
export async function sideBySide<T>(items: readonly T[], each: (item: T) => Promise<unknown>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: 32 }, async () => {
      for (const item of queue) await each(item);
    }),
  );
}
