import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRegistry, storage } from "@glacier/core";
import { openDataset } from "@glacier/core/inspect";
import { LocalExecutor } from "@glacier/local";
import { afterAll, expect, test } from "vitest";
import { pipeline } from "./pipeline.ts";

const folder = mkdtempSync(join(tmpdir(), "glacier-kubernetes-example-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cli = ["--conditions=@glacier/source", join(import.meta.dirname, "../../packages/cli/src/main.ts")];
const here = { cwd: import.meta.dirname, encoding: "utf8" } as const;
const glacier = (...args: string[]) => execFileSync(process.execPath, [...cli, ...args], here);
const readme = readFileSync(join(import.meta.dirname, "README.md"), "utf8");

test("runs on this machine", async () => {
  const executor = new LocalExecutor({ storage: "memory" });
  const bindings = { orders: storage.localFs({ basePath: join(import.meta.dirname, "data"), key: "orders.ndjson" }) };
  await pipeline.run({ executor, bindings });
  const registry = createRegistry(executor.providers);
  const report = await openDataset({ plan: pipeline.plan({ for: executor, bindings }), pipeline, registry }, "report");
  expect(await report.value()).toEqual([
    { country: "us", net: 410.15 },
    { country: "fr", net: 122 },
    { country: "de", net: 105.5 },
  ]);
});

test.each([
  ["driver", "driver.yaml", /^kind: CronJob\n.*\n {2}name: orders\n/ms],
  ["argo", "workflow.yaml", /^kind: WorkflowTemplate\n.*\n {2}name: orders\n/ms],
])(
  "compiles for %s as the README says",
  (engine, file, object) => {
    const out = join(folder, engine);
    const said = JSON.parse(glacier("compile", "--env", engine, "--out", out, "--json"));
    expect(said).toMatchObject({ target: "kubernetes", form: "manifests", diagnostics: [] });
    expect(readdirSync(out)).toEqual(expect.arrayContaining(["kustomization.yaml", "rbac.yaml", file]));
    expect(readFileSync(join(out, file), "utf8")).toMatch(object);
    expect(readFileSync(join(out, file), "utf8")).toContain("s3-credentials");
  },
  60_000,
);

test("every command of the README is one that there is", () => {
  const commands = [...readme.matchAll(/^npx glacier (\w+)/gm)].map(([, name = ""]) => name);
  expect(commands.length).toBeGreaterThan(4);
  for (const name of new Set(commands)) expect(glacier(name, "--help")).toContain(`glacier ${name}`);
});
