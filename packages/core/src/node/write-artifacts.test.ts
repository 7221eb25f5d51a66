import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { writeArtifacts } from "./write-artifacts.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "glacier-artifacts-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("writes text and bytes below the folder, and leaves other files alone", async () => {
  writeFileSync(join(folder, "mine.txt"), "mine");
  await writeArtifacts({ "a/b.json": "{}", "code.zip": Uint8Array.of(1, 2) }, folder);
  expect(readFileSync(join(folder, "a/b.json"), "utf8")).toBe("{}");
  expect([...readFileSync(join(folder, "code.zip"))]).toEqual([1, 2]);
  expect(readdirSync(folder).sort()).toEqual(["a", "code.zip", "mine.txt"]);
});

it.each(["../out.txt", "/out.txt", "a/../../out.txt", ""])(
  "refuses the path %j before it writes anything",
  async (path) => {
    await expect(writeArtifacts({ "a.txt": "a", [path]: "x" }, folder)).rejects.toMatchObject({ code: "KEY_INVALID" });
    expect(readdirSync(folder)).toEqual([]);
  },
);

it("leaves nothing half-written where a file can't be replaced", async () => {
  mkdirSync(join(folder, "taken"));
  await expect(writeArtifacts({ taken: "x" }, folder)).rejects.toMatchObject({ code: "STORAGE_FAILED" });
  expect(readdirSync(folder)).toEqual(["taken"]);
});

it("says so where a file is in a folder's place", async () => {
  writeFileSync(join(folder, "taken"), "mine");
  for (const artifacts of [{ "taken/x": "x" }, { a: "a", "a/b": "b" }]) {
    await expect(writeArtifacts(artifacts, folder)).rejects.toMatchObject({ code: "STORAGE_FAILED" });
  }
});
