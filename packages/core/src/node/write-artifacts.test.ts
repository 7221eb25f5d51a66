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
  await expect(writeArtifacts({ "taken/x": "x" }, folder)).rejects.toMatchObject({ code: "STORAGE_FAILED" });
});

it.each([
  ["a", "a/b"],
  ["a", "a/b/c"],
  ["a/b", "./a/b/c"],
  ["a", "./a"],
])("refuses %j beside %j before it writes anything", async (file, other) => {
  await expect(writeArtifacts({ "0.txt": "0", [other]: "x", [file]: "x" }, folder)).rejects.toMatchObject({
    code: "KEY_INVALID",
    message: expect.stringMatching(`"${file}"`),
  });
  expect(readdirSync(folder)).toEqual([]);
});

it("writes files of folders that begin alike", async () => {
  await writeArtifacts({ "a.txt": "1", "a/b": "2", "a/bc/d": "3", "a/b.d/e": "4" }, folder);
  expect(readdirSync(folder)).toEqual(["a", "a.txt"]);
});
