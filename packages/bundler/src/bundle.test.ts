import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { isGlacierError } from "@glacier/core";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { type Bundle, type BundleOptions, bundle, pipelineImport } from "./index.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe("what a bundle is", () => {
  test("a TypeScript pipeline of several modules runs from the bundle alone", async () => {
    const root = project({
      "src/pipeline.ts":
        'import { double } from "./lib/math.ts";\nimport type { Unused } from "./lib/types.ts";\nexport const answer: number = double(21);\nexport default answer;\n',
      "src/lib/math.ts":
        "interface N { n: number }\nexport function double(n: number): number { return ({ n } satisfies N).n * 2; }\nexport const unused = () => 'never-called-marker';\n",
      "src/lib/types.ts":
        "export interface Unused { a: string }\nthrow new Error('a type-only import must not load its module');\n",
    });
    const result = await bundle({ module: join(root, "src/pipeline.ts") });
    const loaded = await load(result);
    expect(loaded).toMatchObject({ answer: 42, default: 42 });
    expect(result.code).not.toContain("never-called-marker");
    expect(result.inputs.map(({ path }) => path)).toEqual(["src/lib/math.ts", "src/pipeline.ts"]);
    expect(result.warnings).toEqual([]);
  });

  test("an entry imports the pipeline's module by a virtual name, and a file: URL names it", async () => {
    const root = project({ "pipeline.ts": "export const tasks: string[] = ['a', 'b'];\n" });
    const entry = `import * as user from "${pipelineImport}";\nexport const names: string = user.tasks.join("+");\n`;
    const result = await bundle({ module: pathToFileURL(join(root, "pipeline.ts")), entry });
    expect(await load(result)).toMatchObject({ names: "a+b" });
  });

  test("an entry's own imports can be looked up elsewhere than the pipeline's", async () => {
    const root = project({
      "user/package.json": "{}",
      "user/pipeline.ts": "export const n = 1;\n",
      "runner/entry.mjs": "",
      "runner/node_modules/runtime/package.json": '{ "type": "module", "exports": "./index.js" }',
      "runner/node_modules/runtime/index.js": "export const start = (user) => user.n + 1;\n",
    });
    const entry = `import * as user from "${pipelineImport}";\nimport { start } from "runtime";\nexport const result = start(user);\n`;
    const result = await bundle({
      module: join(root, "user/pipeline.ts"),
      entry,
      entryFrom: join(root, "runner/entry.mjs"),
    });
    expect(await load(result)).toMatchObject({ result: 2 });
    expect(result.inputs.map(({ path }) => path)).toContain("node_modules/runtime/index.js");
  });

  test("an entry imports further modules by names that say nothing of this machine", async () => {
    const root = project({
      "user/pipeline.ts": "export const n = 1;\n",
      "elsewhere/redis.ts": "export const redis = 2;\n",
    });
    const entry = `import { n } from "${pipelineImport}";\nimport { redis } from "glacier:provider/redis";\nexport const sum = n + redis;\n`;
    const modules = { "glacier:provider/redis": pathToFileURL(join(root, "elsewhere/redis.ts")) };
    const result = await bundle({ module: join(root, "user/pipeline.ts"), entry, modules });
    expect(await load(result)).toMatchObject({ sum: 3 });
    expect(result.code + result.map).not.toContain(root);
  });

  test("CommonJS dependencies keep require, __dirname and builtins; a module's own names of that kind stay its own", async () => {
    const root = project({
      "pipeline.ts": `import { createRequire } from "node:module";
import cjs from "cjs";
const require = createRequire(import.meta.url);
const __dirname = "mine";
export const result = [cjs.sep, typeof cjs.folder, typeof cjs.lazy(), __dirname, require("node:path").sep];
`,
      "node_modules/cjs/package.json": '{ "main": "index.js" }',
      "node_modules/cjs/index.js":
        'const path = require("path");\nmodule.exports = { sep: path.sep, folder: __dirname, lazy: () => require("f" + "s").readFileSync };\n',
    });
    for (const minify of [false, true]) {
      const loaded = await load(await bundle({ module: join(root, "pipeline.ts"), minify }));
      expect(loaded["result"]).toEqual(["/", "string", "function", "mine", "/"]);
    }
  });

  test("what is external stays an import, with its subpaths", async () => {
    const root = project({
      "pipeline.ts": 'import { a } from "ext";\nimport { b } from "ext/sub";\nexport const x = [a, b];\n',
    });
    const { code } = await bundle({ module: join(root, "pipeline.ts"), external: ["ext"] });
    expect(code).toMatch(/from "ext"/);
    expect(code).toMatch(/from "ext\/sub"/);
  });

  test("conditions choose among a package's exports", async () => {
    const root = project({
      "pipeline.ts": 'export { which } from "dep";\n',
      "node_modules/dep/package.json":
        '{ "type": "module", "exports": { "special": "./special.js", "module": "./bundlers-only.js", "default": "./plain.js" } }',
      "node_modules/dep/special.js": "export const which = 'special';\n",
      "node_modules/dep/bundlers-only.js": "export const which = 'bundlers-only';\n",
      "node_modules/dep/plain.js": "export const which = 'plain';\n",
    });
    const module = join(root, "pipeline.ts");
    expect(await load(await bundle({ module }))).toMatchObject({ which: "plain" });
    expect(await load(await bundle({ module, conditions: ["special"] }))).toMatchObject({ which: "special" });
  });

  test("an import for its side effect stays, as in Node", async () => {
    const root = project({
      "pipeline.ts":
        'import { unusedValue } from "./effect.ts";\nexport const seen = (globalThis as { effect?: boolean }).effect;\n',
      "effect.ts": "(globalThis as { effect?: boolean }).effect = true;\nexport const unusedValue = 1;\n",
    });
    expect(await load(await bundle({ module: join(root, "pipeline.ts") }))).toMatchObject({ seen: true });
  });

  test("the source map leads back to the user's file and line", async () => {
    const root = project({
      "src/pipeline.ts":
        "interface Gone {\n  a: 1;\n}\nexport function fail(): never {\n  throw new Error('here');\n}\n",
    });
    const { map } = await bundle({ module: join(root, "src/pipeline.ts") });
    const { sources, sourcesContent } = JSON.parse(map) as { sources: string[]; sourcesContent: string[] };
    expect(sources).toEqual(["src/pipeline.ts"]);
    expect(sourcesContent[0]).toContain("throw new Error('here')");
  });
});

describe("the same sources give the same bytes", () => {
  const files = {
    "src/pipeline.ts":
      'import cjs from "cjs";\nimport { a } from "./a.ts";\nimport { shared } from "../../shared/index.ts";\nexport const result = [cjs, a, shared];\n',
    "src/a.ts": "export const a = import.meta.url.length > 0;\n",
    "package.json": '{ "type": "module", "dependencies": { "cjs": "1" } }',
    "../shared/index.ts": "export const shared = 'shared';\n",
  };
  const cjs = {
    "package.json": '{ "main": "main.js" }',
    "main.js": "exports.deep = require('./deep');\n",
    "deep.js": "module.exports = [__filename, require('o' + 's')];\n",
  };

  test.each([false, true])("in two folders, with dependencies stored in two places (minify: %s)", async (minify) => {
    const one = project({});
    write(join(one, "app"), files);
    write(join(one, "app/node_modules/cjs"), cjs);
    const two = project({});
    cpSync(join(one, "app/src"), join(two, "deeper/down/app/src"), { recursive: true });
    write(join(two, "deeper/down/app"), files);
    // As pnpm does: a link into a store outside of the checkout.
    const store = project({});
    write(join(store, "v9/cjs@1.0.0/node_modules/cjs"), cjs);
    mkdirSync(join(two, "deeper/down/app/node_modules"), { recursive: true });
    symlinkSync(join(store, "v9/cjs@1.0.0/node_modules/cjs"), join(two, "deeper/down/app/node_modules/cjs"));

    const first = await bundle({ module: join(one, "app/src/pipeline.ts"), minify });
    const second = await bundle({ module: join(two, "deeper/down/app/src/pipeline.ts"), minify });
    expect(second.code).toBe(first.code);
    expect(second).toEqual(first);
    for (const folder of [one, two, store]) expect(JSON.stringify(second)).not.toContain(folder);
    expect((await load(second))["result"]).toMatchObject([
      { deep: [expect.any(String), expect.anything()] },
      true,
      "shared",
    ]);
  });

  test("a linked package is named by its name, wherever it lies", async () => {
    const linked = {
      "package.json": '{ "name": "@acme/linked", "type": "module", "exports": "./lib/index.js" }',
      "lib/index.js": "export const x = 1;\n",
    };
    const bundles = await Promise.all(
      ["here/pkg", "far/away/pkg"].map(async (place) => {
        const root = project({
          "app/package.json": '{ "name": "app" }',
          "app/pipeline.ts": 'export { x } from "@acme/linked";\n',
        });
        write(join(root, place), linked);
        mkdirSync(join(root, "app/node_modules/@acme"), { recursive: true });
        symlinkSync(join(root, place), join(root, "app/node_modules/@acme/linked"));
        return bundle({ module: join(root, "app/pipeline.ts") });
      }),
    );
    expect(bundles[1]).toEqual(bundles[0]);
    expect(bundles[0]?.inputs.map(({ path }) => path)).toContain("node_modules/@acme/linked/lib/index.js");
  });

  test("whatever the modules are called and however they depend on each other", async () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/), { minLength: 2, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        names,
        fc.array(fc.nat(100), { maxLength: 20 }),
        fc.boolean(),
        async (modules, links, minify) => {
          const sources = modules.map((name, index) => {
            const targets = [
              ...new Set(links.filter((_, i) => i % modules.length === index).map((link) => link % Math.max(1, index))),
            ].filter((target) => target < index);
            const imports = targets
              .map((target) => `import { value as v${target} } from "./${modules[target]}.ts";\n`)
              .join("");
            return [
              `${name}.ts`,
              `${imports}export const value: unknown[] = [${JSON.stringify(name)}, ${targets.map((target) => `v${target}`).join(", ")}];\n`,
            ] as const;
          });
          const results: Bundle[] = [];
          for (let copy = 0; copy < 2; copy++)
            results.push(
              await bundle({ module: join(project(Object.fromEntries(sources)), `${modules.at(-1)}.ts`), minify }),
            );
          expect(results[1]).toEqual(results[0]);
          expect(await load(results[0] as Bundle)).toHaveProperty("value");
        },
      ),
      { numRuns: 25 },
    );
  });

  test("other sources give another hash", async () => {
    const one = await bundle({ module: join(project({ "pipeline.ts": "export const a = 1;\n" }), "pipeline.ts") });
    const two = await bundle({ module: join(project({ "pipeline.ts": "export const a = 2;\n" }), "pipeline.ts") });
    expect(two.hash).not.toBe(one.hash);
  });
});

describe("what can't be bundled", () => {
  test("an import that leads nowhere: file, line, and what to do", async () => {
    const root = project({
      "src/pipeline.ts": 'import { a } from "./a.ts";\nexport { a };\n',
      "src/a.ts": '// first\nimport { z } from "not-there/sub";\nexport const a = z;\n',
    });
    const error = await failure({ module: join(root, "src/pipeline.ts") });
    expect(error.message).toBe('src/a.ts:2:19: "not-there/sub" can\'t be resolved');
    expect(error.hint).toContain("npm install not-there");
    expect(error.context).toEqual({ file: "src/a.ts", line: 2 });
  });

  test("several mistakes are all named", async () => {
    const root = project({
      "pipeline.ts":
        'import "./one.ts";\nimport "./two.ts";\nimport { gone } from "./three.ts";\nexport const x = gone;\n',
      "three.ts": "export const here = 1;\n",
    });
    const error = await failure({ module: join(root, "pipeline.ts") });
    expect(error.issues.map(({ context }) => context["line"])).toEqual([1, 2]);
  });

  test("a syntax error", async () => {
    const error = await failure({
      module: join(project({ "pipeline.ts": "export const a = 1;\nexport const b = = 2;\n" }), "pipeline.ts"),
    });
    expect(error.message).toMatch(/^pipeline\.ts:2:18: /);
  });

  const entry = `import * as user from "${pipelineImport}";\nexport const names = Object.keys(user);\n`;

  test.each([
    'import { sep } from "node:path";\nconst pipeline = sep;\nconsole.log(pipeline, "export * from here");\n',
    "interface A { a: 1 }\nexport type B = A;\n",
  ])("a pipeline's module that exports nothing: %j", async (text) => {
    const module = join(project({ "src/pipeline.ts": text }), "src/pipeline.ts");
    await expect(bundle({ module, entry })).rejects.toMatchObject({
      code: "MODULE_INVALID",
      message: expect.stringMatching(/^src\/pipeline\.ts exports nothing/),
      context: { file: "src/pipeline.ts" },
    });
    // Nobody looks for a pipeline in it.
    await bundle({ module });
  });

  test.each([
    ["pipeline.ts", 'export * from "./other.ts";\n', "other"],
    ["pipeline.ts", 'export { other as default } from "./other.ts";\n', "default"],
    ["pipeline.cjs", "exports.pipeline = 1;\n", "pipeline"],
  ])("a module that exports in another way is none of them: %s, %j", async (file, text, name) => {
    const root = project({ [file]: text, "other.ts": "export const other = 1;\n" });
    expect((await load(await bundle({ module: join(root, file), entry })))["names"]).toContain(name);
  });

  test("a module that isn't there", async () => {
    expect((await failure({ module: join(project({}), "gone.ts") })).message).toMatch(/gone\.ts$/);
  });

  const native = {
    "node_modules/fast-thing/package.json": '{ "main": "index.js" }',
    "node_modules/fast-thing/index.js": "module.exports = require('./build/fast.node');\n",
    "node_modules/fast-thing/build/fast.node": "\u0000binary",
    "node_modules/loads-later/package.json": '{ "main": "index.js" }',
    "node_modules/loads-later/index.js": "module.exports = require('node-gyp-build')(__dirname);\n",
    "node_modules/node-gyp-build/package.json": '{ "main": "index.js" }',
    "node_modules/node-gyp-build/index.js": "module.exports = () => ({});\n",
  };

  test.each(["fast-thing", "loads-later"])("native code: %s is named, with the fix", async (name) => {
    const module = join(
      project({ ...native, "pipeline.ts": `import thing from "${name}";\nexport const x = thing;\n` }),
      "pipeline.ts",
    );
    const error = await failure({ module });
    expect(error.message).toContain(`package "${name}" has native code`);
    expect(error.hint).toContain("external");
    expect((await bundle({ module, external: [name] })).code).toContain(`from "${name}"`);
  });

  test("native code of the project's own", async () => {
    const root = project({
      "build/own.node": "",
      "pipeline.ts": 'import "./own.cjs";\n',
      "own.cjs": "module.exports = require('./build/own.node');\n",
    });
    const error = await failure({ module: join(root, "pipeline.ts") });
    expect(error.message).toContain("build/own.node");
    expect(error.message).not.toContain(root);
  });

  test("native code that tree shaking drops is none", async () => {
    const root = project({
      ...native,
      "pipeline.ts": 'import { small } from "kit";\nexport const x = small;\n',
      "node_modules/kit/package.json": '{ "type": "module", "sideEffects": false, "exports": "./index.js" }',
    });
    write(join(root, "node_modules/kit"), {
      "index.js": 'export { default as big } from "./big.js";\nexport const small = 1;\n',
      "big.js": 'import fast from "fast-thing";\nexport default fast;\n',
    });
    expect(await load(await bundle({ module: join(root, "pipeline.ts") }))).toMatchObject({ x: 1 });
  });
});

test("a path that starts at the module's folder and a development dependency are warnings", async () => {
  const root = project({
    "package.json": '{ "type": "module", "devDependencies": { "tool": "1" } }',
    "pipeline.ts": 'import "tool";\n\nexport const data = new URL("./data.csv", import.meta.url);\n',
    "node_modules/tool/package.json": '{ "exports": "./index.js" }',
    "node_modules/tool/index.js": "globalThis.tool = 1;\n",
  });
  const { warnings } = await bundle({ module: join(root, "pipeline.ts") });
  expect(warnings).toMatchObject([{ file: "pipeline.ts", line: 3 }, { message: expect.stringContaining('"tool"') }]);
});

test("a development dependency that only a dependency brings is none of the pipeline's", async () => {
  const root = project({
    "package.json": '{ "type": "module", "dependencies": { "kit": "1" }, "devDependencies": { "tool": "1" } }',
    "pipeline.ts": 'import "kit";\nexport const x = 1;\n',
    "node_modules/kit/package.json": '{ "type": "module", "exports": "./index.js" }',
    "node_modules/kit/index.js": 'import "tool";\nglobalThis.kit = 1;\n',
    "node_modules/tool/package.json": '{ "exports": "./index.js" }',
    "node_modules/tool/index.js": "globalThis.tool = 1;\n",
  });
  expect((await bundle({ module: join(root, "pipeline.ts") })).warnings).toEqual([]);
});

function project(files: Record<string, string>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "glacier-bundle-")));
  folders.push(root);
  write(root, { "package.json": '{ "type": "module" }', ...files });
  return root;
}

function write(root: string, files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
}

/** Runs a bundle from a folder with nothing else in it. */
async function load({ code }: Bundle): Promise<Record<string, unknown>> {
  const file = join(realpathSync(mkdtempSync(join(tmpdir(), "glacier-bundle-"))), "bundle.mjs");
  folders.push(dirname(file));
  writeFileSync(file, code);
  return import(/* @vite-ignore */ pathToFileURL(file).href);
}

async function failure(options: BundleOptions) {
  const error = await bundle(options).catch((thrown: unknown) => thrown);
  if (!isGlacierError(error, "BUNDLE_FAILED")) throw error;
  return error;
}
