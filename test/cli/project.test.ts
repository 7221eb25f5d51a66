import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { cleanEnv, folder, glacier, install, listFiles, numbersPipeline, project, write } from "./harness.ts";

describe("usage", () => {
  test.each([
    [["rnu"], /no command "rnu"[\s\S]*glacier run/],
    [["run", "--parm", "x=1"], /no option --parm[\s\S]*--param/],
    [["run", "--param"], /--param needs a value/],
    [["run", "--param", "nonsense"], /name=value/],
    [["run", "--concurrency", "0"], /--concurrency takes a whole number/],
    [["run", "a", "b"], /no further argument: "b"/],
    [["show"], /needs <dataset>/],
    [["graph", "--format", "svg"], /text, mermaid, dot/],
    [["run", "--env", "prod"], /no environment "prod"/],
    [["run", "--env", ""], /--env needs a value, and got an empty one/],
  ])("%j is wrong usage: exit code 2, a hint, no stack", async (args, message) => {
    const { code, stdout, stderr } = await glacier(project({ "pipeline.ts": numbersPipeline }), args);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/✖ USAGE /);
    expect(stderr).toMatch(message);
    expect(stderr).toContain("hint:");
    expect(stderr).not.toMatch(/^ +at .*node:/m);
  });

  test("--help names every command, its own options and the exit codes", async () => {
    const root = folder();
    const { code, stdout } = await glacier(root, ["--help"]);
    expect(code).toBe(0);
    for (const name of ["run", "validate", "graph", "plan", "compile", "runs", "show", "providers", "init"]) {
      expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, "m"));
      expect((await glacier(root, [name, "--help"])).stdout).toMatch(/Exit codes\n {2}0 done/);
    }
  });
});

describe("a module that doesn't load: MODULE_INVALID, exit code 3, file:line and what to do", () => {
  test.each<[string, Record<string, string>, RegExp]>([
    [
      "an enum",
      { "pipeline.ts": "export const a = 1;\nenum Kind { A }\nexport const b = Kind.A;\n" },
      /enum[\s\S]*at pipeline\.ts:2\n[\s\S]*const object/,
    ],
    [
      "a missing package",
      { "pipeline.ts": '\nimport { x } from "not-there";\nexport const a = x;\n' },
      /"not-there" is not installed[\s\S]*at pipeline\.ts:2\n[\s\S]*npm install not-there/,
    ],
    [
      "an import without extension",
      { "pipeline.ts": 'export * from "./tasks";\n', "tasks.ts": "" },
      /no file "\.\/tasks"[\s\S]*at pipeline\.ts:1\n[\s\S]*"\.\/tasks\.ts"/,
    ],
    [
      "a type imported as a value",
      { "pipeline.ts": 'import { T } from "./t.ts";\nexport const a: T = 1;\n', "t.ts": "export type T = number;\n" },
      /named 'T'[\s\S]*at pipeline\.ts:1\n[\s\S]*import type/,
    ],
    [
      "a syntax error",
      { "pipeline.ts": "export const a = 1;\n\nexport const b = = 2;\n" },
      /syntax error[\s\S]*at pipeline\.ts:3/,
    ],
    [
      "code that throws",
      { "pipeline.ts": "\nthrow new RangeError('at load');\n" },
      /at load[\s\S]*at pipeline\.ts:2:7/,
    ],
    [
      "a top-level await that never comes back",
      { "pipeline.ts": "await new Promise(() => {});\n" },
      /never finished loading/,
    ],
    [
      "no pipeline",
      {
        "pipeline.ts":
          'import { Dataset } from "@glacier/core";\nexport const orders = new Dataset("orders");\nexport const n = 1;\n',
      },
      /exports no pipeline[\s\S]*n \(number\), orders \(a dataset\)/,
    ],
    ["no file", {}, /there is no pipeline in this folder[\s\S]*glacier init/],
    [
      "a bad config",
      { "pipeline.ts": numbersPipeline, "glacier.config.ts": "export default { providers: 'none' };\n" },
      /`providers` that are not an array[\s\S]*glacier\.config\.ts/,
    ],
    [
      "a misspelt key of the config",
      { "pipeline.ts": numbersPipeline, "glacier.config.ts": "export default { provider: [] };\n" },
      /has the unknown key "provider"\n[\s\S]*glacier\.config\.ts[\s\S]*hint: Did you mean providers\?/,
    ],
    [
      "an unknown key of an environment",
      {
        "pipeline.ts": numbersPipeline,
        "glacier.config.ts": "export default { environments: { prod: { region: 'x' } } };\n",
      },
      /environment "prod" with the unknown key "region"[\s\S]*hint: There are executor, options, target, /,
    ],
  ])("%s", async (_, files, message) => {
    const { code, stdout, stderr } = await glacier(project(files), ["run"]);
    expect(stderr).toMatch(/^✖ MODULE_INVALID /);
    expect(stderr).toMatch(message);
    expect(stderr).toContain("hint:");
    expect(stderr).not.toContain("node:internal");
    expect([code, stdout]).toEqual([3, ""]);
  });

  test("a wrong name in a declaration keeps its code and says where it stands", async () => {
    const { code, stderr } = await glacier(
      project({
        "pipeline.ts": 'import { Dataset } from "@glacier/core";\nexport const d = new Dataset("Bad Name");\n',
      }),
      ["graph"],
    );
    expect(code).toBe(3);
    expect(stderr).toMatch(/NAME_INVALID .*"Bad Name"[\s\S]*at pipeline\.ts:2:18/);
  });

  test("with --json the error is one line of JSON on stderr", async () => {
    const { stdout, stderr } = await glacier(project({ "pipeline.ts": "export {};\n" }), ["run", "--json"]);
    expect(stdout).toBe("");
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "MODULE_INVALID" }, exitCode: 3 });
  });
});

test("validate lists every mistake, each with its fix", async () => {
  const root = project({
    "pipeline.ts": `
import { Dataset, Pipeline, task } from "@glacier/core";
const [a, b, c, lost] = ["a", "b", "c", "lost"].map((name) => new Dataset<number>(name)) as [Dataset<number>, Dataset<number>, Dataset<number>, Dataset<number>];
export default new Pipeline("wrong", [
  task("one", { inputs: { b }, output: a }, () => 1),
  task("two", { inputs: { a }, output: b }, () => 1),
  task("three", { inputs: { lost }, output: c }, () => 1),
  task("four", { output: c }, () => 1),
]);
`,
  });
  for (const command of ["validate", "run"]) {
    const { code, stderr } = await glacier(root, [command]);
    expect(code).toBe(3);
    expect(stderr).toContain('dataset "c" has 2 producers');
    expect(stderr).toContain('dataset "lost"');
    expect(stderr).toContain("one -[a]-> two -[b]-> one");
    expect(stderr.match(/hint:/g)).toHaveLength(3);
  }
  const { stdout } = await glacier(root, ["validate", "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({ valid: false, issues: [{}, {}, {}] });
  const sound = await glacier(project({ "pipeline.ts": numbersPipeline }), ["validate"]);
  expect([sound.code, sound.stdout]).toEqual([0, "✔ numbers is valid: 3 tasks, 3 datasets\n"]);
});

describe("finding things", () => {
  const two = `${numbersPipeline}\nexport const other = new Pipeline("other", [make]);\n`;

  test("a module with several pipelines wants one named", async () => {
    const root = project({ "pipeline.ts": two });
    expect((await glacier(root, ["graph"])).stderr).toMatch(/exports 2 pipelines: (numbers, other|other, numbers)/);
    expect((await glacier(root, ["graph", "-p", "other"])).stdout).toMatch(/^other: 1 tasks/);
    expect((await glacier(root, ["graph", "-p", "third"])).code).toBe(2);
  });

  test("the pipeline: a path, a folder, package.json, src/pipeline.ts from below", async () => {
    const root = project({
      "deep/flow.ts": numbersPipeline,
      "src/pipeline.ts": two.replace('"numbers", [make, add', '"default", [make, add'),
    });
    const name = async (cwd: string, ...args: string[]) =>
      (await glacier(cwd, ["graph", ...args])).stdout.split(":")[0];
    expect(await name(root, "deep/flow.ts")).toBe("numbers");
    expect(await name(join(root, "deep"), "-p", "default")).toBe("default");
    expect(await name(join(root, "node_modules"), "..", "-p", "default")).toBe("default");
    const json = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    writeFileSync(join(root, "package.json"), JSON.stringify({ ...json, glacier: { pipeline: "deep/flow.ts" } }));
    expect(await name(root)).toBe("numbers");
  });

  test("without any provider the error says which package to install", async () => {
    const { code, stderr } = await glacier(project({ "pipeline.ts": numbersPipeline }, ["@glacier/core", "zod"]), [
      "run",
    ]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/PROVIDER_MISSING[\s\S]*npm install @glacier\/local/);
  });

  test("glacier.config.ts lists providers and environments", async () => {
    const root = project({
      "pipeline.ts": numbersPipeline,
      "glacier.config.ts": `
import type { GlacierConfig } from "@glacier/core";
import { local } from "@glacier/local";
export default {
  providers: [local],
  environments: {
    default: { params: { count: 2 } },
    test: { options: { storage: "elsewhere" }, params: { count: 7 }, tenant: "acme", bindings: { total: { kind: "localFs", basePath: "bound" } } },
  },
} satisfies GlacierConfig;
`,
    });
    expect((await glacier(root, ["run"])).stdout).toContain("2 rows");
    expect((await glacier(root, ["run", "--env", "test"])).stdout).toContain("7 rows");
    expect((await glacier(root, ["run", "--env", "test", "--param", "count=9"])).stdout).toContain("9 rows");
    expect(
      existsSync(join(root, "elsewhere/acme/numbers.ndjson")) && existsSync(join(root, "bound/acme/total.json")),
    ).toBe(true);
    expect((await glacier(root, ["run", "--env", "prod"])).stderr).toMatch(/no environment "prod"[\s\S]*default, test/);
    expect((await glacier(root, ["providers"])).stdout).toContain("glacier.config.ts");
  });
});

describe("looking at runs and data", () => {
  test("runs, runs last, show, plan", async () => {
    const root = project({ "pipeline.ts": numbersPipeline });
    expect((await glacier(root, ["runs"])).stdout).toContain("no runs yet");
    expect((await glacier(root, ["show", "total"])).stderr).toMatch(/DATASET_MISSING/);
    await glacier(root, ["run"], { FAIL: "1" });
    await glacier(root, ["run", "--param", "count=12"]);

    const listed = (await glacier(root, ["runs", "--json"])).stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(listed.map(({ status, tasks }) => [status, tasks.done])).toEqual([
      ["succeeded", 3],
      ["failed", 1],
    ]);
    expect((await glacier(root, ["runs"])).stdout).toMatch(/succeeded .*3\/3[\s\S]*failed .*1\/3 +RUN_FAILED/);
    expect((await glacier(root, ["runs", "last"])).stdout).toMatch(/✔ make .*12 rows[\s\S]*numbers succeeded/);
    expect((await glacier(root, ["runs", listed[1].runId])).stdout).toMatch(
      /✖ TASK_FAILED .*does not add up[\s\S]*pipeline\.ts/,
    );
    const unknown = await glacier(root, ["runs", "nope"]);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("RUN_NOT_FOUND")]);

    const shown = (await glacier(root, ["show", "numbers", "-n", "2"])).stdout;
    expect(shown).toMatch(/^numbers {2}ndjson, 12 rows, \d+ B/);
    expect(shown).toContain(`made by   task make, run ${listed[0].runId}`);
    expect(shown).toContain("columns   n: number");
    expect(shown).toMatch(/\nn\n1\n2\n10 more rows\n$/);
    expect(JSON.parse((await glacier(root, ["show", "total", "--json"])).stdout)).toMatchObject({
      dataset: "total",
      value: 78,
      current: true,
    });
    expect((await glacier(root, ["show", "nope"])).code).toBe(2);
    writeFileSync(join(root, ".glacier/data/total.json"), "1");
    expect((await glacier(root, ["show", "total"])).stdout).toContain("no longer what that run committed");

    const plans = await Promise.all([1, 2].map(async () => (await glacier(root, ["plan", "--json"])).stdout));
    expect(plans[0]).toBe(plans[1]);
    expect(JSON.parse(plans[0] ?? "")).toMatchObject({
      version: 1,
      pipeline: "numbers",
      tasks: [{ name: "make" }, { name: "add" }, { name: "write" }],
    });
    expect((await glacier(root, ["plan"])).stdout).toMatch(/total +json +add +write/);
    expect((await glacier(root, ["graph", "--format", "mermaid"])).stdout).toMatch(/^flowchart LR\n/);
  });

  test("plan says where datasets are, without the password of an endpoint", async () => {
    const bound = numbersPipeline.replace(
      "{ schema: z.number() }",
      '{ storage: { kind: "s3", bucket: "acme", endpoint: "https://me:hunter2@minio.acme.example", encryption: { kms: "k" } } }',
    );
    const { stdout } = await glacier(project({ "pipeline.ts": bound }), ["plan"]);
    expect(stdout).toContain('s3 bucket=acme endpoint=https://…@minio.acme.example encryption={"kms":"k"}');
    expect(stdout).not.toContain("hunter2");
  });

  test("escape sequences in data and logs reach no terminal", async () => {
    const evil = numbersPipeline
      .replace('log.info("adding up"', 'log.info("adding\\u001b[2J\\u0007 up"')
      .replace(/total: [^`]*/, "\\u001b]0;title\\u0007total");
    const root = project({ "pipeline.ts": evil });
    const run = await glacier(root, ["run"]);
    const show = await glacier(root, ["show", "report"]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: looks for them
    expect(run.stdout + show.stdout).not.toMatch(/[\u0007\u001b]/);
    expect(run.code).toBe(0);
  });
});

describe("init", () => {
  test("writes a project that type-checks and runs, and overwrites nothing", async () => {
    const parent = folder();
    const { code, stdout } = await glacier(parent, ["init", "My Orders"]);
    expect(code).toBe(0);
    expect(stdout).toContain("cd My Orders");
    const root = join(parent, "My Orders");
    const files = listFiles(root);
    expect(files).toEqual([
      ".gitignore",
      "README.md",
      "data/orders.ndjson",
      "package.json",
      "src/datasets.ts",
      "src/pipeline.test.ts",
      "src/pipeline.ts",
      "tsconfig.json",
    ]);

    install(root);
    const json = readFileSync(join(root, "package.json"), "utf8");
    expect(JSON.parse(json)).toMatchObject({
      name: "my-orders",
      dependencies: { "@glacier/core": expect.anything(), "@glacier/local": expect.anything() },
    });
    const run = await glacier(root, ["run"]);
    expect(run.stderr).toBe("");
    expect(run.stdout).toContain("✔ my-orders succeeded");
    expect((await glacier(root, ["show", "revenue"])).stdout).toContain('"de": 120.5');
    const tsc = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
    const check = spawnSync(process.execPath, [tsc, "--customConditions", "@glacier/source"], {
      cwd: root,
      encoding: "utf8",
    });
    expect(check.stdout).toBe("");
    expect(check.status).toBe(0);

    writeFileSync(join(root, "src/pipeline.ts"), "// mine");
    const again = await glacier(parent, ["init", "My Orders"]);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("src/pipeline.ts")]);
    expect(readFileSync(join(root, "src/pipeline.ts"), "utf8")).toBe("// mine");
  });

  test("a pipeline over formats: its own test passes, and what it keeps is Parquet", async () => {
    const parent = folder();
    expect((await glacier(parent, ["init", "orders", "--provider", "formats"])).code).toBe(0);
    const root = join(parent, "orders");
    install(root);
    const test = spawnSync(process.execPath, ["--conditions=@glacier/source", "--test"], {
      cwd: root,
      encoding: "utf8",
      env: cleanEnv({}),
    });
    expect([test.status, test.stdout]).toEqual([0, expect.stringMatching(/pass 1\n/)]);
    expect((await glacier(root, ["run"])).code).toBe(0);
    expect(readFileSync(join(root, ".glacier/data/clean_orders.parquet")).subarray(0, 4).toString()).toBe("PAR1");
    expect((await glacier(root, ["providers"])).stdout).toContain("@glacier/formats");
  });

  test("half of a project there already: nothing is written; names are checked; no folder, no question", async () => {
    const parent = folder();
    write(parent, { "here/README.md": "mine" });
    expect((await glacier(parent, ["init", "here"])).stderr).toContain("nothing was written");
    expect(listFiles(parent)).toEqual(["here/README.md"]);
    for (const wrong of [
      ["--name", "Bad Name"],
      ["--template", "nothing"],
      ["--provider", "redis"],
      ["--template", "provider", "--provider", "formats"],
      ["--template", "provider", "--name", "@acme/glacier-s3"],
    ]) {
      const { code, stderr } = await glacier(parent, ["init", "there", ...wrong]);
      expect([wrong, code, stderr]).toEqual([wrong, 2, expect.stringContaining("USAGE")]);
    }
    expect((await glacier(parent, ["init"])).code).toBe(2);
    const { stderr } = await glacier(parent, ["init", "here/README.md/below"]);
    expect(stderr).toMatch(/STORAGE_FAILED .*here\/README\.md\/below\/.* can't be written/);
    expect(listFiles(parent)).toEqual(["here/README.md"]);
  });
});
