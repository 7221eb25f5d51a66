import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
// Below this folder, so that the snippets' imports are found.
const folder = join(root, "test", "docs", ".snippets");
const pages = [
  "README.md",
  ...readdirSync(join(root, "docs")).map((name) => join("docs", name)),
  ...readdirSync(join(root, "packages")).map((name) => join("packages", name, "README.md")),
].filter((path) => path.endsWith(".md"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("every ts snippet in the documentation type-checks", () => {
  mkdirSync(folder, { recursive: true });
  const origins = new Map<string, string>();
  for (const page of pages) {
    const text = readFileSync(join(root, page), "utf8");
    for (const found of text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)) {
      const line = text.slice(0, found.index).split("\n").length;
      const name = `${page.replace(/\W/g, "-")}-${line}.ts`;
      origins.set(name, `${page}:${line}`);
      // Each snippet is a module of its own.
      writeFileSync(join(folder, name), `${found[1]}\nexport {};\n`);
    }
  }
  expect(origins.size).toBeGreaterThan(8);
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: "../../../tsconfig.base.json",
      compilerOptions: {
        isolatedDeclarations: false,
        declaration: false,
        noUnusedLocals: false,
        noUnusedParameters: false,
      },
      include: ["*.ts"],
    }),
  );
  let output = "";
  try {
    execFileSync(join(root, "node_modules", ".bin", "tsc"), ["-p", folder, "--pretty", "false"], {
      encoding: "utf8",
      cwd: folder,
    });
  } catch (error) {
    output = String((error as { stdout?: string }).stdout);
  }
  for (const [name, origin] of origins) output = output.replaceAll(name, `${origin} (line of the snippet)`);
  expect(output).toBe("");
});
