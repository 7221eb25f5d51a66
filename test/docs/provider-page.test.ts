import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { pageBlocks } from "../../scripts/page-blocks.ts";

const example = fileURLToPath(new URL("../../examples/custom-provider", import.meta.url));
const page = readFileSync(new URL("../../docs/writing-a-provider.md", import.meta.url), "utf8");
/** The pipeline that the page tries the provider with. */
const notOfTheExample = ["pipeline.ts", "glacier.config.ts"];

it("docs/writing-a-provider.md shows every file of examples/custom-provider as it is", () => {
  const shown = pageBlocks(page).flatMap(({ path, text }) => (path === undefined ? [] : [[path, text] as const]));
  const own = shown.filter(([path]) => !notOfTheExample.includes(path));
  expect(Object.fromEntries(own)).toEqual(Object.fromEntries(filesOf(example).map((path) => [path, read(path)])));
  expect(own.length).toBe(filesOf(example).length);
});

function read(path: string): string {
  return readFileSync(join(example, path), "utf8");
}

/** All but what npm and the compiler put there. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => !/^(node_modules|dist)\/|^package-lock\.json$|\.tgz$/.test(path));
}
