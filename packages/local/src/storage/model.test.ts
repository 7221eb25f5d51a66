import { isGlacierError, type StorageAdapter, type WriteOptions } from "@glacier/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { body, listed, scratch, textOf } from "../testing/storage.ts";
import { localFs, memory } from "./index.ts";

/** No key here is a folder of another: a file system can't have both. */
const key = fc.constantFrom("a-b", "a/b", "a/c/d", "a/c/e", "a0", "b", "é", "😀/x", "\uffee");
/** Which etag a condition names: the newest of this key, an older one, or a made-up one. */
const condition = fc.constantFrom("none", "create", "newest", "older", "wrong");
const step = fc.oneof(
  fc.record({ op: fc.constant("write" as const), key, content: fc.string({ maxLength: 20 }), condition }),
  fc.record({ op: fc.constant("break" as const), key }),
  fc.record({ op: fc.constant("delete" as const), key }),
  fc.record({ op: fc.constant("copy" as const), key, to: key, condition }),
  fc.record({
    op: fc.constant("read" as const),
    key,
    condition,
    start: fc.integer({ min: -25, max: 25 }),
    end: fc.option(fc.nat(25), { nil: undefined }),
  }),
  fc.record({
    op: fc.constant("list" as const),
    prefix: fc.constantFrom("", "a", "a/", "a/c", "é", "z"),
    oneLevel: fc.boolean(),
  }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Does a step; answers all that a caller could see, except the etags themselves. */
async function perform(adapter: StorageAdapter, etags: Map<string, string[]>, action: Step): Promise<unknown> {
  const conditions = (of: string, which: string): WriteOptions => {
    const known = etags.get(of) ?? [];
    if (which === "none") return {};
    if (which === "create") return { ifNoneMatch: "*" };
    return { ifMatch: (which === "newest" ? known.at(-1) : which === "older" ? known.at(-2) : undefined) ?? "made-up" };
  };
  const remember = (of: string, etag: string): void => void etags.set(of, [...(etags.get(of) ?? []), etag]);
  try {
    switch (action.op) {
      case "write": {
        const info = await adapter.write(action.key, body(action.content), conditions(action.key, action.condition));
        remember(action.key, info.etag);
        return [info.key, info.size];
      }
      case "break":
        return await adapter.write(action.key, breaking()).catch(String);
      case "delete":
        return await adapter.delete(action.key);
      case "copy": {
        const info = await adapter.copy?.(action.key, action.to, conditions(action.to, action.condition));
        remember(action.to, info?.etag ?? "");
        return info?.size;
      }
      case "read": {
        const ifMatch = conditions(action.key, action.condition).ifMatch;
        const range = { start: action.start, ...(action.end !== undefined && { end: action.end }) };
        const text = await textOf(adapter, action.key, { range, ...(ifMatch !== undefined && { ifMatch }) });
        const { info } = await adapter.read(action.key);
        expect(info.etag).toBe(etags.get(action.key)?.at(-1));
        return [text, info.size];
      }
      case "list": {
        const found = await listed(adapter, action.prefix, action.oneLevel ? { delimiter: "/" } : {});
        return found.map(({ key, size, prefix }) => [key, size, prefix]);
      }
    }
  } catch (error) {
    if (isGlacierError(error)) return error.code;
    throw error;
  }
}

async function* breaking(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("half");
  throw new Error("broken");
}

test("LocalFS and memory can't be told apart by any sequence of calls", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const sides = [localFs({ kind: "localFs", basePath: scratch() }), memory({ kind: "memory" })].map((adapter) => ({
        adapter,
        etags: new Map<string, string[]>(),
      }));
      for (const action of steps) {
        const [disk, model] = await Promise.all(sides.map(({ adapter, etags }) => perform(adapter, etags, action)));
        expect(disk).toEqual(model);
      }
    }),
    { numRuns: 150 },
  );
}, 120_000);
