import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { pageBlocks } from "../../scripts/page-blocks.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const markdownIn = (folder: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));
const pages = [
  ...markdownIn("."),
  ...markdownIn("docs"),
  ...["packages", "examples"].flatMap((parent) =>
    readdirSync(join(root, parent)).flatMap((name) => markdownIn(join(parent, name))),
  ),
].map((name) => ({ name, text: readFileSync(join(root, name), "utf8") }));

it("every ts snippet in the documentation type-checks", () => {
  expect(pages.map(({ name }) => name)).toEqual(expect.arrayContaining(["README.md", join("docs", "pipelines.md")]));
  expect(snippetsOf(pages).length).toBeGreaterThan(12);
  expect(typeCheck(pages)).toEqual([]);
});

it("a wrong snippet is named by its page and line", () => {
  const text = '# Wrong\n\n```ts\nconst right = 1;\nconst wrong: number = "text";\n```\n\n```ts\nright;\n```\n';
  expect(typeCheck([{ name: "docs/wrong.md", text }])).toEqual([
    expect.stringMatching(/^docs\/wrong\.md:5:7: error TS2322/),
    expect.stringMatching(/^docs\/wrong\.md:9:1: error TS2304/),
  ]);
});

it("blocks under paths are the files of one project", () => {
  const file = (path: string, code: string): string => `**\`${path}\`**\n\n\`\`\`ts\n${code}\n\`\`\`\n\n`;
  const text =
    file("src/one.ts", "export const one = 1;") + file("two.ts", 'import { one } from "./src/one.ts";\none + two;');
  expect(typeCheck([{ name: "docs/project.md", text }])).toEqual([
    expect.stringMatching(/^docs\/project\.md:11:7: error TS2304: Cannot find name 'two'/),
  ]);
});

it("no TypeScript stands under a fence that isn't looked at", () => {
  const hidden = pages.flatMap(({ name, text }) =>
    [...text.matchAll(/^([ \t]*```(?:typescript|tsx|mts|ts[^\n]+)|[ \t]+```ts)$/gm)].map(
      ({ index }) => `${name}:${lineAt(text, index)}`,
    ),
  );
  expect(hidden).toEqual([]);
});

interface Page {
  readonly name: string;
  readonly text: string;
}

/** `file` is where a snippet is checked: a block under its path among its page's files, any other on its own. */
function snippetsOf(pages: readonly Page[]): { page: string; line: number; code: string; file: string }[] {
  return pages.flatMap(({ name, text }, number) =>
    pageBlocks(text)
      .filter(({ language }) => language === "ts")
      .map(({ line, text: code, path }) => ({
        page: name,
        line,
        code,
        file: `page-${number}/${path ?? `snippet-${line}.ts`}`,
      })),
  );
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

/** Compiles all snippets as one program of modules; answers `page:line:column: error`s. */
function typeCheck(pages: readonly Page[]): string[] {
  // Below this folder, so that the snippets' imports are found.
  const parent = join(root, "test", "docs", ".snippets");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, "all-"));
  try {
    const snippets = snippetsOf(pages);
    for (const { file, line, code } of snippets) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      // As many empty lines as the page has before it: then the compiler's lines are the page's.
      writeFileSync(join(folder, file), `${"\n".repeat(line)}${code}\nexport {};\n`);
    }
    const compilerOptions = {
      isolatedDeclarations: false,
      declaration: false,
      noUnusedLocals: false,
      noUnusedParameters: false,
    };
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ extends: "../../../../tsconfig.base.json", compilerOptions, include: ["**/*.ts"] }),
    );
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, "-p", folder, "--pretty", "false"], {
      encoding: "utf8",
      cwd: folder,
    });
    if (status === 0) return [];
    return `${stdout}${stderr}`
      .trimEnd()
      .split("\n")
      .map((text) =>
        text.replace(/^(page-\d+\/\S+)\((\d+),(\d+)\)/, (_, path, line, column) => {
          return `${snippets.find(({ file }) => file === path)?.page}:${line}:${column}`;
        }),
      );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
