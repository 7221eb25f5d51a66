import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { glacier, installProvider, listFiles, numbersPipeline, project, write } from "./harness.ts";

/** A target that writes the plan and a file for each task; its options say what goes wrong. */
const files = `{
  name: "files",
  contract: 1,
  targets: {
    other: () => ({}),
    files: (options = {}) => ({
      name: "files",
      defaultStorage: { kind: "localFs", basePath: "data" },
      state: { kind: "localFs", basePath: "state" },
      async compile(plan, { pipeline }) {
        if (options.fails) throw new TypeError("no idea");
        const remark = (severity) => ({ severity, error: Object.assign(new Error("task \\"add\\" is " + severity), {
          name: "GlacierError", code: "COMPUTE_UNSUPPORTED", hint: "Change it.", context: { task: "add" }, issues: [], retryable: false,
          toJSON() { const { code, message, hint } = this; return { code, message, hint, retryable: false }; },
        }) });
        return {
          diagnostics: (options.remarks ?? []).map(remark),
          forms: {
            plain: async () => ({
              "plan.json": JSON.stringify(plan),
              ...Object.fromEntries(plan.tasks.map(({ name }) => ["tasks/" + name + ".txt", pipeline.module.split("/").at(-1)])),
            }),
            binary: async () => ({ "plan.bin": new Uint8Array([1, 2, 3]) }),
            broken: async () => { throw new TypeError("half-way"); },
            escaping: async () => ({ "a.txt": "a", "../b.txt": "b" }),
            recording: async () => ({ "a.txt": "a", "./.glacier-files": "mine" }),
            overlapping: async () => ({ a: "a", "a/b": "b" }),
            wrong: async () => ({ "a.txt": 1 }),
          },
        };
      },
    }),
  },
}`;

/** A project with that target. */
function projectWith(more: Record<string, string> = {}): string {
  const root = project({ "pipeline.ts": numbersPipeline, ...more }, [
    "@glacier/core",
    "@glacier/local",
    "zod",
    "files",
  ]);
  installProvider(root, "files", files);
  return root;
}

/** A config with one environment, "test". */
const config = (environment: string) => ({
  "glacier.config.js": `export { default } from "./config.js";\n`,
  "config.js": `import { provider } from "files";\nexport default { providers: [provider], environments: { test: ${environment} } };\n`,
});

/** Files below a folder of the project, by path. */
function contents(root: string, folder: string): Record<string, string> {
  const below = listFiles(root).filter((path) => path.startsWith(`${folder}/`));
  return Object.fromEntries(
    below.map((path) => [path.slice(folder.length + 1), readFileSync(join(root, path), "utf8")]),
  );
}

describe("glacier compile", () => {
  test("writes the target's first form into infra and lists it; twice the same bytes", async () => {
    const root = projectWith();
    const { code, stdout, stderr } = await glacier(root, ["compile", "--target", "files"]);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^✔ numbers compiled for files as plain: 4 files in infra\n/);
    expect(stdout).toMatch(/^plan\.json +\d.*\n(?:tasks\/.*\n)+$/m);
    expect(code).toBe(0);
    const first = contents(root, "infra");
    expect(Object.keys(first)).toEqual([
      ".glacier-files",
      "plan.json",
      "tasks/add.txt",
      "tasks/make.txt",
      "tasks/write.txt",
    ]);
    expect(JSON.parse(first["plan.json"] ?? "")).toMatchObject({ pipeline: "numbers", state: { basePath: "state" } });
    expect(first["tasks/add.txt"]).toBe("pipeline.ts");
    const again = await glacier(root, ["compile", "-t", "files"]);
    expect([again.code, again.stdout, contents(root, "infra")]).toEqual([0, stdout, first]);
  });

  test("--form, --out, --tenant; --json is one object", async () => {
    const root = projectWith();
    const { stdout } = await glacier(root, [
      "compile",
      "-t",
      "files",
      "--form",
      "binary",
      "--out",
      "built/it",
      "--json",
    ]);
    expect(JSON.parse(stdout)).toEqual({
      pipeline: "numbers",
      target: "files",
      form: "binary",
      out: "built/it",
      files: [
        {
          path: "plan.bin",
          bytes: 3,
          sha256: createHash("sha256")
            .update(Uint8Array.of(1, 2, 3))
            .digest("hex"),
        },
      ],
      stale: [],
      diagnostics: [],
    });
    await glacier(root, ["compile", "-t", "files", "--tenant", "acme"]);
    expect(JSON.parse(contents(root, "infra")["plan.json"] ?? "").tenant).toBe("acme");
  });

  test("an environment names target, its options, tenant and bindings, beside what it runs with", async () => {
    const environment = `{
      executor: "local", target: "files", targetOptions: { remarks: ["warning"] }, tenant: "acme",
      bindings: { total: { kind: "s3", bucket: "b" } },
    }`;
    const root = projectWith(config(environment));
    const { code, stderr } = await glacier(root, ["compile", "--env", "test"]);
    expect([code, stderr]).toEqual([0, '! COMPUTE_UNSUPPORTED task "add" is warning\n  hint: Change it.\n']);
    const plan = JSON.parse(contents(root, "infra")["plan.json"] ?? "");
    expect(plan).toMatchObject({ tenant: "acme", datasets: [{}, {}, { name: "total", storage: { kind: "s3" } }] });
    expect((await glacier(root, ["compile", "--env", "test", "--quiet"])).stderr).toBe("");
  });

  test("a diagnostic that is an error: exit code 3, and nothing is written", async () => {
    const root = projectWith(config('{ target: "files", targetOptions: { remarks: ["info", "error"] } }'));
    const before = listFiles(root);
    const { code, stdout, stderr } = await glacier(root, ["compile", "--env", "test"]);
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(/^i COMPUTE_UNSUPPORTED .* info\n {2}hint: .*\n✖ COMPUTE_UNSUPPORTED .* error\n {2}hint: /);
    const json = await glacier(root, ["compile", "--env", "test", "--json"]);
    expect([json.code, json.stderr]).toEqual([3, ""]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      files: [],
      diagnostics: [{ severity: "info" }, { severity: "error", code: "COMPUTE_UNSUPPORTED", hint: "Change it." }],
    });
    expect(listFiles(root)).toEqual(before);
  });

  test.each<[string, string[], number, RegExp]>([
    ["no target named", [], 2, /USAGE [\s\S]*--target files, or --target other/],
    ["an unknown target", ["-t", "aws"], 3, /PROVIDER_MISSING .*"aws"; known: files, other\n {2}hint: .*@glacier\/aws/],
    [
      "an unknown form",
      ["-t", "files", "--form", "helm"],
      2,
      /USAGE .*no form "helm"\n {2}hint: It has: plain, binary, /,
    ],
    [
      "a factory that makes no target",
      ["-t", "other"],
      3,
      /PROVIDER_INVALID provider "files" made no target of "other"/,
    ],
    ["a form that throws", ["-t", "files", "--form", "broken"], 1, /INTERNAL target "files" failed: half-way/],
    [
      "a form that is none",
      ["-t", "files", "--form", "wrong"],
      3,
      /PROVIDER_INVALID target "files" made no files of its form "wrong"/,
    ],
    ["a path that leaves the folder", ["-t", "files", "--form", "escaping"], 1, /KEY_INVALID .*"\.\.\/b\.txt"/],
    ["a file in a folder's place", ["-t", "files", "--form", "overlapping"], 1, /KEY_INVALID .*"a" and "a\/b"/],
    [
      "a file that is the command's own",
      ["-t", "files", "--form", "recording"],
      3,
      /PROVIDER_INVALID target "files" .*"\.\/\.glacier-files"/,
    ],
  ])("%s: nothing is written", async (_, args, exitCode, message) => {
    const root = projectWith();
    const before = listFiles(root);
    const { code, stdout, stderr } = await glacier(root, ["compile", ...args]);
    expect([code, stdout]).toEqual([exitCode, ""]);
    expect(stderr).toMatch(message);
    expect(listFiles(root)).toEqual(before);
  });

  test("a target that throws is a defect of the target", async () => {
    const root = projectWith(config('{ target: "files", targetOptions: { fails: true } }'));
    expect((await glacier(root, ["compile", "--env", "test"])).stderr).toMatch(
      /INTERNAL target "files" failed: no idea/,
    );
  });

  test("files of an earlier compilation stay and are named until they are gone; others' files are left alone", async () => {
    const root = projectWith({ "infra/mine.txt": "mine" });
    await glacier(root, ["compile", "-t", "files"]);
    write(root, { "pipeline.ts": numbersPipeline.replace("[make, add, write]", "[make, add]") });
    for (const _ of [1, 2]) {
      const { code, stdout } = await glacier(root, ["compile", "-t", "files"]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/! left by an earlier compilation and no part of this one: tasks\/write\.txt\n {2}hint: /);
    }
    expect(JSON.parse((await glacier(root, ["compile", "-t", "files", "--json"])).stdout).stale).toEqual([
      "tasks/write.txt",
    ]);
    expect(contents(root, "infra")["mine.txt"]).toBe("mine");
  });

  test("a folder that is another pipeline's, or another tenant's, is left alone", async () => {
    const root = projectWith({});
    await glacier(root, ["compile", "-t", "files"]);
    const before = contents(root, "infra");
    const asTenant = await glacier(root, ["compile", "-t", "files", "--tenant", "acme"]);
    expect([asTenant.code, asTenant.stderr]).toEqual([
      2,
      expect.stringMatching(/USAGE .*infra has what was compiled of pipeline numbers; nothing was written\n.*--out/),
    ]);
    write(root, { "pipeline.ts": numbersPipeline.replace('new Pipeline("numbers"', 'new Pipeline("others"') });
    expect((await glacier(root, ["compile", "-t", "files"])).code).toBe(2);
    expect(contents(root, "infra")).toEqual(before);
    expect((await glacier(root, ["compile", "-t", "files", "--out", "elsewhere"])).code).toBe(0);
  });

  test("a file that no compilation wrote is not replaced", async () => {
    const root = projectWith({ "infra/plan.json": "mine" });
    const { code, stderr } = await glacier(root, ["compile", "-t", "files"]);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/USAGE .*plan\.json is there already.*nothing was written/),
    ]);
    expect(contents(root, "infra")).toEqual({ "plan.json": "mine" });
  });
});
