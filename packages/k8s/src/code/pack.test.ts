import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { packCode } from "./pack.ts";

const files = {
  "index.mjs": `import { readFileSync } from "node:fs";
    export async function main(role) { console.log(role, readFileSync(new URL("plan.json", import.meta.url), "utf8")); }`,
  "plan.json": '{"é":1}',
};

it.each([1, 3])("code in %i ConfigMaps, mounted into one folder, runs", async (count) => {
  const { bytes, parts } = await packCode(files, Math.ceil((await packCode(files)).bytes / count));
  expect(parts).toHaveLength(count);
  const folder = mkdtempSync(join(tmpdir(), "glacier-pack-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const { data, binaryData } of parts)
    for (const [name, content] of Object.entries({ ...data, ...binaryData }))
      writeFileSync(join(folder, name), content);
  const printed = execFileSync(process.execPath, [join(folder, "start.mjs"), "task"], {
    encoding: "utf8",
    env: { TMPDIR: folder },
  });
  expect(printed).toBe('task {"é":1}\n');
  expect(bytes).toBe(
    parts.flatMap(({ binaryData }) => Object.values(binaryData)).reduce((sum, part) => sum + part.length, 0),
  );
});

it("has the same bytes for the same content, in whatever order it comes", async () => {
  const reversed = Object.fromEntries(Object.entries(files).reverse());
  const packed = await packCode(files);
  expect(await packCode(reversed)).toEqual(packed);
  expect((await packCode({ ...files, "plan.json": "{}" })).sha256).not.toBe(packed.sha256);
});
