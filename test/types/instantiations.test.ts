import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
// Below this folder, so that imports are found.
const folder = join(root, "test", "types", ".generated");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program with a pipeline of that many tasks of several kinds. */
function program(size: number): string {
  const lines = [
    'import { compute, Dataset, ndjson, Pipeline, type StandardSchema, task, type Executor } from "@glacier/core";',
    "interface Row { id: string; amount: number; at: string }",
    "declare const rowSchema: StandardSchema<Row>;",
    "declare const listSchema: StandardSchema<Row[]>;",
    "declare const params: StandardSchema<{ day: string }>;",
    "declare const executor: Executor<'local' | 'serverless' | 'container'>;",
    'const d0 = new Dataset("d0", { schema: rowSchema, format: ndjson() });',
    'const v0 = new Dataset<Record<string, number>>("v0");',
  ];
  const names: string[] = [];
  for (let i = 1; i <= size; i++) {
    const before = i - 1;
    names.push(`t${i}`);
    lines.push(`const d${i} = new Dataset("d${i}", { schema: rowSchema, format: ndjson() });`);
    lines.push(
      i % 2 === 0
        ? `const v${i} = new Dataset("v${i}", { schema: listSchema });`
        : `const v${i} = new Dataset<Record<string, number>>("v${i}");`,
    );
    const options = [
      `inputs: { rows: d${before}, value: v${before} }`,
      i % 3 === 0 ? `output: { rows: d${i}, value: v${i} }` : `output: d${i}`,
      ...(i % 4 === 0
        ? ["compute: compute.serverless({ memory: 512 })"]
        : i % 4 === 1
          ? ["compute: compute.local()"]
          : []),
      ...(i % 5 === 0 ? ["params"] : []),
    ];
    const value = i % 2 === 0 ? "all" : "{ count: all.length }";
    const body = i % 3 === 0 ? `return { rows: all, value: ${value} };` : "return all.filter((row) => row.amount > 0);";
    lines.push(
      `const t${i} = task("t${i}", { ${options.join(", ")} }, async ({ rows, value }) => { void value; const all = await rows.toArray(); ${body} });`,
    );
  }
  lines.push(`export const pipeline = new Pipeline("p", [${names.join(", ")}]);`);
  lines.push(size < 5 ? "pipeline.run({ executor });" : 'pipeline.run({ executor, params: { day: "x" } });');
  return `${lines.join("\n")}\n`;
}

function instantiations(size: number): number {
  const place = join(folder, String(size));
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "program.ts"), program(size));
  writeFileSync(
    join(place, "tsconfig.json"),
    JSON.stringify({
      extends: "../../../../tsconfig.base.json",
      compilerOptions: { isolatedDeclarations: false, declaration: false, noUnusedLocals: false },
      include: ["program.ts"],
    }),
  );
  // One thread: so that each type is instantiated once, in one order.
  const output = execFileSync(
    join(root, "node_modules", ".bin", "tsc"),
    ["-p", place, "--extendedDiagnostics", "--singleThreaded"],
    { encoding: "utf8" },
  );
  const found = /^Instantiations:\s+(\d+)/m.exec(output);
  if (found === null) throw new Error(`tsc counted no instantiations:\n${output}`);
  return Number(found[1]);
}

it("types cost at most 100 instantiations a task, and grow no faster than tasks do", () => {
  const [one, few, many] = [instantiations(1), instantiations(200), instantiations(1000)];
  expect(instantiations(200), "the count is the same each time").toBe(few);
  expect((few - one) / 199).toBeLessThanOrEqual(100);
  expect((few - one) / 199, "the program is not checked at all").toBeGreaterThan(5);
  expect(many / few).toBeLessThanOrEqual(5.2);
});
