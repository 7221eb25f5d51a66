import { readdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { StorageAdapter } from "@glacier/core";
import { describe, expect, test } from "vitest";
import { foldingRefusal, mountFolding } from "../../testing/mount.ts";
import { body, failure, keysOf, scratch, textOf } from "../../testing/storage.ts";
import { localFs } from "./adapter.ts";
import { type CaseFs, createCaseGuard } from "./case.ts";

/** A disk in memory with these files; `fold` says which names it takes for one. */
function disk(paths: readonly string[], fold: (name: string) => string): CaseFs & { calls: number } {
  const real = new Map<string, string>();
  for (const path of paths) {
    for (let at = path; at !== "/"; at = dirname(at)) real.set(fold(at), at);
  }
  const fs = {
    calls: 0,
    async exists(path: string) {
      fs.calls++;
      return real.has(fold(path));
    },
    async names(folder: string) {
      fs.calls++;
      return [...real.values()].filter((path) => fold(dirname(path)) === fold(folder)).map((path) => basename(path));
    },
    makes: async (path: string) => !real.has(fold(path)),
  };
  return fs;
}

const lower = (name: string): string => name.normalize("NFC").toLowerCase();
const exact = (name: string): string => name;

describe("where the disk folds case", () => {
  const guard = createCaseGuard(disk(["/r/raw/Orders.csv", "/r/2024/é.csv", "/r/A"], lower));
  test.each([
    [["raw", "Orders.csv"], undefined],
    [["raw", "orders.csv"], "orders.csv"],
    [["RAW", "Orders.csv"], "RAW"],
    [["raw", "new.csv"], undefined],
    [["new", "Orders.csv"], undefined],
    [["2024", "é.csv"], undefined],
    [["2024", "e\u0301.csv"], "e\u0301.csv"],
    [["2024", "É.csv"], "É.csv"],
  ] as const)("%j differs in %s", async (segments, expected) => {
    expect(await guard.mismatch("/r", [...segments])).toBe(expected);
  });
});

test("where the disk doesn't, nothing differs, and a folder is probed once", async () => {
  const fs = disk(["/r/a/x", "/r/a/X", "/r/b"], exact);
  const guard = createCaseGuard(fs);
  for (const name of ["x", "X", "y"]) expect(await guard.mismatch("/r", ["a", name])).toBe(undefined);
  const before = fs.calls;
  expect(await guard.mismatch("/r", ["a", "x"])).toBe(undefined);
  expect(fs.calls).toBe(before);
});

test("a file that goes while it is looked at is no proof that the disk doesn't fold", async () => {
  const there = new Set(["/r/x"]);
  let goes = true;
  const guard = createCaseGuard({
    async exists(path) {
      const found = [...there].some((one) => one.toLowerCase() === path.toLowerCase());
      if (goes) there.delete("/r/x");
      return found;
    },
    names: async () => [...there].map((path) => path.slice(3)),
    makes: async () => false,
  });
  await guard.mismatch("/r", ["x"]);
  goes = false;
  there.add("/r/x");
  expect(await guard.mismatch("/r", ["X"])).toBe("X");
});

const why = (kind: "ntfs" | "exfat"): string =>
  foldingRefusal(kind) === undefined ? "" : ` (not here: ${foldingRefusal(kind)})`;

test.skipIf(foldingRefusal("exfat") !== undefined)(
  `on exFAT, which keeps case and has no links${why("exfat")}`,
  async () => {
    const folder = mountFolding("exfat");
    const adapter = localFs({ kind: "localFs", basePath: folder });
    await foldsSafely(adapter);
    const { etag } = await adapter.write("Kept", body("1"), { ifNoneMatch: "*" });
    await failure(adapter.write("Kept", body("2"), { ifNoneMatch: "*" }), "PRECONDITION_FAILED");
    await adapter.write("Kept", body("22"), { ifMatch: etag });
    for (let round = 0; round < 10; round++) {
      const both = await Promise.allSettled([
        adapter.write("X", body("upper"), { ifNoneMatch: "*" }),
        adapter.write("x", body("lower")),
      ]);
      expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
      const [winner = ""] = (await keysOf(adapter)).filter((key) => lower(key) === "x");
      expect(await textOf(adapter, winner)).toBe(winner === "X" ? "upper" : "lower");
      await adapter.delete(winner);
    }
    expect(readdirSync(folder).sort()).toEqual(["Kept", "raw"]);
  },
);

test.skipIf(foldingRefusal("ntfs") !== undefined)(
  `on NTFS as lowntfs-3g shows it, all in lower case${why("ntfs")}`,
  async () => {
    const folder = mountFolding("ntfs");
    const adapter = localFs({ kind: "localFs", basePath: folder });
    await foldsSafely(adapter);
    await failure(adapter.write("X", body("upper"), { ifNoneMatch: "*" }), "KEY_INVALID");
    await failure(adapter.write("New/x", body("upper")), "KEY_INVALID");
    expect(readdirSync(folder)).toEqual(["raw"]);
  },
);

async function foldsSafely(adapter: StorageAdapter): Promise<void> {
  await adapter.write("raw/a", body("lower"));
  const { etag } = await adapter.stat("raw/a");
  await failure(adapter.write("raw/A", body("upper")), "KEY_INVALID");
  await failure(adapter.write("raw/A", body("upper"), { ifNoneMatch: "*" }), "KEY_INVALID");
  await failure(adapter.write("RAW/b", body("x")), "KEY_INVALID");
  await failure(adapter.read("raw/A"), "NOT_FOUND");
  await failure(adapter.stat("Raw/a"), "NOT_FOUND");
  await adapter.delete("raw/A");
  expect(await keysOf(adapter, "RAW/")).toEqual([]);
  expect(await textOf(adapter, "raw/a", { ifMatch: etag })).toBe("lower");
  await adapter.write("raw/a", body("again"), { ifMatch: etag });
  expect(await keysOf(adapter)).toEqual(["raw/a"]);
}

test("a disk that tells case apart keeps both keys", async () => {
  const adapter = localFs({ kind: "localFs", basePath: scratch() });
  await adapter.write("a", body("lower"));
  if ((await keysOf(adapter)).length === 1) await adapter.write("A", body("upper")).catch(() => {});
  if (process.platform === "linux")
    expect([await textOf(adapter, "a"), await textOf(adapter, "A")]).toEqual(["lower", "upper"]);
});
