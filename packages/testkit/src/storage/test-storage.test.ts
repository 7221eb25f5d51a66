import type { StorageAdapter } from "@glacier/core";
import { describe, expect, expectTypeOf, test } from "vitest";
import { runCase } from "./subject.ts";
import { type StorageCase, type StorageSuiteOptions, storageCases, testStorage } from "./test-storage.ts";
import { credential, type Mutant, mutants } from "./testing/mutants/index.ts";
import { reference } from "./testing/reference.ts";
import { served } from "./testing/served.ts";

const held = "a write holds no more of a larger body than it may";
const mebibyte = 1024 * 1024;

testStorage("a right adapter, in memory", {
  create: () => served(reference()),
  credentials: [credential],
  skip: { [held]: "It keeps objects in this process's memory." },
});

testStorage("a right adapter with the required methods only", {
  create: () => {
    const { copy, deleteMany, ...required } = reference().adapter;
    return required;
  },
  credentials: [],
  skip: { [held]: "It keeps objects in this process's memory." },
});

test("a right adapter that keeps nothing in memory holds no more than it may", async () => {
  const sink: Mutant = () => ({
    async write(key, body) {
      let size = 0;
      for await (const chunk of body) size += chunk.length;
      return { key, size, etag: "1" };
    },
  });
  await run(held, sink);
});

describe.each(Object.entries(mutants) as [StorageCase, Record<string, Mutant>][])("%s", (name, broken) => {
  test.each(Object.entries(broken))(
    "sees an adapter that: %s",
    async (_, mutant) => {
      await expect(within(6_000, run(name, mutant))).rejects.toThrow();
    },
    30_000,
  );
});

test("a skip names a case that there is", () => {
  expectTypeOf<"an object of no bytes">().toExtend<StorageCase>();
  expectTypeOf<keyof NonNullable<StorageSuiteOptions["skip"]>>().toEqualTypeOf<StorageCase>();
  expect(() =>
    testStorage("x", { create: () => reference().adapter, skip: { "a misspelt case": "because" } as never }),
  ).toThrow('x: there is no case "a misspelt case" to skip');
});

test("an adapter is closed, also when its case fails", async () => {
  let closed = 0;
  const create = (): StorageAdapter => ({ ...reference().adapter, close: async () => void closed++ });
  await runCase(async ({ make }) => void (await make()), { create });
  expect(closed).toBe(2);
  await expect(runCase(() => Promise.reject(new Error("it fails")), { create })).rejects.toThrow("it fails");
  expect(closed).toBe(3);
});

test("nothing said about credentials is no credential-free adapter", async () => {
  const secretless = storageCases["no credential in an error, its causes or a uri"];
  const create = (): StorageAdapter => reference().adapter;
  await expect(runCase(secretless, { create })).rejects.toThrow("credentials: []");
  await runCase(secretless, { create, credentials: [] });
});

function run(name: StorageCase, mutant: Mutant): Promise<void> {
  const create = (): StorageAdapter => {
    const good = reference();
    return { ...good.adapter, ...mutant(good) };
  };
  return runCase(storageCases[name], {
    create,
    credentials: [credential],
    thresholds: [500_000],
    maxBuffered: 8 * mebibyte,
  });
}

/** A case that hangs has seen its mutant too: vitest ends it. */
function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("it hangs")), milliseconds);
  return Promise.race([promise, late.promise]).finally(() => clearTimeout(timer));
}
