import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { glacier, installProvider, numbersPipeline, project, write } from "./harness.ts";

const base = ["@glacier/core", "@glacier/local", "zod"];
const redis = (name: string) => `{ name: "${name}", contract: 1, storage: { redis: () => ({ read() {} }) } }`;

/** A project with these packages, each of which exports a provider. */
function projectWith(packages: Record<string, string>, files: Record<string, string> = {}): string {
  const root = project({ "pipeline.ts": numbersPipeline, ...files }, [...base, ...Object.keys(packages)]);
  for (const [name, provider] of Object.entries(packages)) installProvider(root, name, provider, "1.2.3");
  return root;
}

test("what each brings, its version and contract, and where it was found", async () => {
  const root = project({ "pipeline.ts": numbersPipeline }, []);
  write(root, {
    "package.json": JSON.stringify({
      type: "module",
      dependencies: { "@glacier/local": "*", plain: "*" },
      devDependencies: { stuck: "*" },
    }),
    "node_modules/plain/package.json":
      '{ "name": "plain", "exports": "./gone.js", "glacier": { "pipeline": "src/pipeline.ts" } }',
  });
  const { code, stdout } = await glacier(root, ["providers"]);
  expect(stdout).toMatch(
    /✔ stuck {2}stuck 1\.2\.3 {2}contract 1 {2}in devDependencies {2}node_modules\/stuck\n {2}executors {2}stuck\n/,
  );
  expect(stdout).toMatch(
    /✔ local {2}@glacier\/local .*in dependencies .*\n {2}executors {2}local\n {2}storage {4}localFs, memory\n/,
  );
  expect(stdout).not.toContain("plain");
  expect(code).toBe(0);
  const lines = (await glacier(root, ["providers", "--json"])).stdout.trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toContainEqual({
    name: "stuck",
    package: "stuck",
    version: "1.2.3",
    contract: 1,
    path: "node_modules/stuck",
    foundIn: "devDependencies",
    brings: { executors: ["stuck"] },
  });
});

test("a project whose own package.json is no JSON has not just no providers", async () => {
  const { code, stderr } = await glacier(project({ "package.json": '{ "name": ' }), ["providers"]);
  expect(stderr).toMatch(
    /^✖ MODULE_INVALID the project's package\.json is not JSON of an object\n {2}at package\.json/,
  );
  expect(code).toBe(3);
});

test("one whose module never finishes loading is named", async () => {
  const { code, stderr } = await glacier(projectWith({ odd: "await new Promise(() => {})" }), ["providers"]);
  expect(stderr).toMatch(/^✖ MODULE_INVALID a module never finished loading: odd\n/);
  expect(code).toBe(3);
});

describe("one that can't be used is listed with the reason", () => {
  test.each<[string, string, RegExp]>([
    [
      "its code throws",
      "(() => { throw new Error('no licence'); })()",
      /PROVIDER_INVALID .*"odd" can't be used: no licence/,
    ],
    ["its export isn't there", "undefined", /its export "provider" is not there/],
    ["it is no object", "42", /a provider must be an object, not number/],
    ["a wrong field", '{ name: "odd", contract: 1, storage: [] }', /`storage` must be an object of functions/],
    [
      "it is older than core",
      '{ name: "odd", contract: 0 }',
      /"odd" 1\.2\.3 can't be used with @glacier\/core \d\S*: .*contract 0; .*contract 1\n {2}hint: Upgrade odd, which is 1\.2\.3 here: npm install odd@latest/,
    ],
    ["it declares no contract", '{ name: "odd" }', /declares no contract[\s\S]*hint: Upgrade odd, which is 1\.2\.3/],
    [
      "it is newer than core",
      '{ name: "odd", contract: 2 }',
      /contract 2; .*contract 1\n {2}hint: Upgrade @glacier\/core, which is \d\S* here: npm install @glacier\/core@latest/,
    ],
    ["it takes a format of core's", '{ name: "odd", contract: 1, formats: { json() {} } }', /both bring format "json"/],
  ])("%s", async (_, provider, message) => {
    const { code, stdout } = await glacier(projectWith({ odd: provider }), ["providers"]);
    expect(stdout).toMatch(/✖ odd {2}odd 1\.2\.3 {2}in dependencies {2}node_modules\/odd\n {2}PROVIDER_INVALID /);
    expect(stdout).toMatch(message);
    expect(stdout).toContain("✔ local");
    expect(code).toBe(3);
  });

  test.each<[string, string, RegExp]>([
    [
      "a text for an object",
      '{ "glacier": "provider" }',
      /no export's name in glacier\.provider\n {2}hint: .*"glacier": \{ "prov/,
    ],
    ["another key", '{ "glacier": { "providers": "x" } }', /no export's name in glacier\.provider/],
    ["a number", '{ "glacier": { "provider": 1 } }', /no export's name in glacier\.provider/],
    [
      "a package.json that is no JSON",
      '{ "glacier": ',
      /"odd" can't be used: its package\.json is not JSON of an object\n {2}hint: Reinstall/,
    ],
    ["a package.json that is no object", "[]", /its package\.json is not JSON of an object/],
  ])("%s", async (_, json, message) => {
    const root = projectWith({ odd: "{}" });
    write(root, { "node_modules/odd/package.json": json });
    const { code, stdout } = await glacier(root, ["providers"]);
    expect(stdout).toMatch(/✖ odd {2}odd .*\n {2}PROVIDER_INVALID /);
    expect(stdout).toMatch(message);
    expect(code).toBe(3);
    expect((await glacier(root, ["run"])).code).toBe(0);
  });

  test("and stops only what may need it", async () => {
    const root = projectWith({ odd: "{ contract: 2, name: 'odd' }" });
    expect((await glacier(root, ["run"])).code).toBe(0);
    const needed = await glacier(root, ["run", "--executor", "elsewhere"]);
    expect(needed.code).toBe(3);
    expect(needed.stderr).toMatch(
      /PROVIDER_INVALID .*executor "elsewhere"[\s\S]*"odd"[\s\S]*npm install @glacier\/core@latest/,
    );
  });

  test("of those that the config lists the error names the config; nothing runs without", async () => {
    const root = projectWith(
      { odd: '{ name: "odd", contract: 1, executors: { odd: 1 } }' },
      {
        "glacier.config.js":
          'import { local } from "@glacier/local";\nimport { provider } from "odd";\nexport default { providers: [local, provider] };\n',
      },
    );
    const list = await glacier(root, ["providers"]);
    expect(list.code).toBe(3);
    expect(list.stdout).toMatch(/✔ local {2}@glacier\/local .*in glacier\.config\.js/);
    expect(list.stdout).toMatch(/✖ odd .*in glacier\.config\.js[\s\S]*`executors\.odd` must be a function/);
    const run = await glacier(root, ["run"]);
    expect(run.code).toBe(3);
    expect(run.stderr).toMatch(/PROVIDER_INVALID provider 2 of `providers` .*\n {2}at glacier\.config\.js/);
  });
});

test.each(["undefined", "null", "{ contract: 1 }", "{ storage: [] }"])(
  "what is malformed in the config is not the contract's fault: %s",
  async (value) => {
    const root = project({
      "pipeline.ts": numbersPipeline,
      "glacier.config.js": `export default { providers: [${value}] };\n`,
    });
    const { stdout, code } = await glacier(root, ["providers"]);
    expect(stdout).toMatch(
      /PROVIDER_INVALID provider 1 of `providers` can't be used: a provider .*\n {2}hint: Its author/,
    );
    expect(code).toBe(3);
  },
);

describe("two that can't be used side by side", () => {
  const two = { "redis-a": redis("a"), "redis-b": redis("b") };
  const conflict =
    /PROVIDER_CONFLICT providers "a" and "b" both bring storage "redis" \("redis-a" 1\.2\.3 in dependencies; "redis-b" 1\.2\.3 in dependencies\)/;

  test("are listed, and stop a run; the config in the hint decides, as it is", async () => {
    const root = projectWith(two);
    const list = await glacier(root, ["providers"]);
    expect(list.code).toBe(3);
    expect(list.stdout).toMatch(/✖ a {2}redis-a/);
    expect(list.stdout).toMatch(/✖ b {2}redis-b/);
    expect(list.stdout).toMatch(conflict);
    const json = (await glacier(root, ["providers", "--json"])).stdout.trimEnd().split("\n");
    expect(json.map((line) => JSON.parse(line)).map(({ name, error }) => [name, error?.code])).toEqual([
      ["local", undefined],
      ["a", "PROVIDER_CONFLICT"],
      ["b", "PROVIDER_CONFLICT"],
    ]);

    const stopped = await glacier(root, ["run"]);
    expect(stopped.code).toBe(3);
    expect(stopped.stderr).toMatch(conflict);
    const config = /import type[\s\S]*satisfies GlacierConfig;/.exec(stopped.stderr)?.[0] ?? "";
    expect(config).toContain('import { provider as a } from "redis-a";');
    expect(stopped.stderr).toContain('import { provider as b } from "redis-b";');
    write(root, { "glacier.config.ts": config });
    expect((await glacier(root, ["run"])).stderr).toBe("");
    expect((await glacier(root, ["providers"])).code).toBe(0);
  });

  test("two of one name conflict, one found twice doesn't", async () => {
    const root = projectWith({ "redis-a": redis("a"), other: '{ name: "a", contract: 1 }' });
    expect((await glacier(root, ["run"])).stderr).toMatch(
      /PROVIDER_CONFLICT two different providers are called "a": .*"redis-a" 1\.2\.3/,
    );
    const twice = projectWith({});
    write(join(twice, "node_modules/again"), {
      "package.json":
        '{ "name": "again", "type": "module", "exports": "./index.js", "glacier": { "provider": "local" } }',
      "index.js": 'export { local } from "@glacier/local";\n',
    });
    write(twice, { "package.json": '{ "type": "module", "dependencies": { "@glacier/local": "*", "again": "*" } }' });
    expect((await glacier(twice, ["run"])).stderr).toBe("");
  });
});
