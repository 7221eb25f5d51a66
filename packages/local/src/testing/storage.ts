import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ErrorCode,
  type GlacierError,
  isGlacierError,
  type ListOptions,
  type ObjectInfo,
  type StorageAdapter,
} from "@glacier/core";
import { expect, onTestFinished } from "vitest";

/** A fresh folder, gone after the test. */
export function scratch(prefix = "glacier-test-"): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A body of these chunks. */
export async function* body(...chunks: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
}

/** All bytes of an object, or of a range of it. */
export async function bytesOf(
  adapter: StorageAdapter,
  key: string,
  options?: Parameters<StorageAdapter["read"]>[1],
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await adapter.read(key, options)).body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** {@link bytesOf} as text. */
export async function textOf(
  adapter: StorageAdapter,
  key: string,
  options?: Parameters<StorageAdapter["read"]>[1],
): Promise<string> {
  return (await bytesOf(adapter, key, options)).toString();
}

/** A whole listing. */
export async function listed(adapter: StorageAdapter, prefix: string, options?: ListOptions): Promise<ObjectInfo[]> {
  const found: ObjectInfo[] = [];
  for await (const info of adapter.list(prefix, options)) found.push(info);
  return found;
}

/** The keys of a listing. */
export async function keysOf(adapter: StorageAdapter, prefix = "", options?: ListOptions): Promise<string[]> {
  return (await listed(adapter, prefix, options)).map(({ key }) => key);
}

/** Expects a `GlacierError` of this code, with a message and a hint, and answers it. */
export async function failure(promise: Promise<unknown>, code: ErrorCode): Promise<GlacierError> {
  const error: unknown = await promise.then(
    () => "no error",
    (thrown: unknown) => thrown,
  );
  if (!isGlacierError(error)) throw new Error(`expected ${code}`, { cause: error });
  expect(error.code, error.message).toBe(code);
  expect(error.message).not.toBe("");
  expect(error.hint).not.toBe("");
  return error;
}
