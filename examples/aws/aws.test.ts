import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRegistry, storage } from "@glacier/core";
import { openDataset } from "@glacier/core/inspect";
import { LocalExecutor } from "@glacier/local";
import { afterAll, expect, test } from "vitest";
import { pipeline } from "./pipeline.ts";

const folder = mkdtempSync(join(tmpdir(), "glacier-aws-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cli = ["--conditions=@glacier/source", join(import.meta.dirname, "../../packages/cli/src/main.ts")];
const here = { cwd: import.meta.dirname, encoding: "utf8" } as const;
const glacier = (...args: string[]) => execFileSync(process.execPath, [...cli, ...args], here);

test("runs on this machine", async () => {
  const executor = new LocalExecutor({ storage: "memory" });
  const bindings = { orders: storage.localFs({ basePath: join(import.meta.dirname, "data"), key: "orders.ndjson" }) };
  await pipeline.run({ executor, bindings });
  const registry = createRegistry(executor.providers);
  const plan = pipeline.plan({ for: executor, bindings });
  const report = await openDataset({ plan, pipeline, registry }, "report");
  expect(await report.value()).toEqual([
    { country: "us", net: 410.15 },
    { country: "fr", net: 122 },
    { country: "de", net: 105.5 },
  ]);
});

test("compiles to Terraform as the README says", () => {
  const said = JSON.parse(glacier("compile", "--env", "aws", "--out", folder, "--json"));
  expect(said).toMatchObject({ target: "aws", form: "terraform", diagnostics: [] });
  expect(readdirSync(folder)).toEqual(expect.arrayContaining(["main.tf.json", "code"]));
  const { resource } = JSON.parse(readFileSync(join(folder, "main.tf.json"), "utf8"));
  expect(Object.keys(resource.aws_lambda_function)).toHaveLength(5); // a task each, and the run's own
  expect(resource.aws_scheduler_schedule).toBeDefined();
}, 60_000);

test("asks the deployment for its bucket when it looks for runs", () => {
  // Nobody answers at that port.
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: "a",
    AWS_SECRET_ACCESS_KEY: "b",
    AWS_ENDPOINT_URL: "http://127.0.0.1:1",
  };
  const { status, stderr } = spawnSync(process.execPath, [...cli, "runs", "--env", "aws"], { ...here, env });
  expect(status).not.toBe(0);
  expect(stderr).toContain('look up the deployment of pipeline "orders"');
}, 60_000);

test("every command of the README is one that there is", () => {
  const readme = readFileSync(join(import.meta.dirname, "README.md"), "utf8");
  const commands = [...readme.matchAll(/^npx glacier (\w+)/gm)].map(([, name = ""]) => name);
  expect(commands.length).toBeGreaterThan(4);
  for (const name of new Set(commands)) expect(glacier(name, "--help")).toContain(`glacier ${name}`);
});
