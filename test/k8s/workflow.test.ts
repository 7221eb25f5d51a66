import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRegistry, type Plan, type RunEvent, readJournal } from "@glacier/core";
import { KubernetesTarget } from "@glacier/k8s";
import { LocalExecutor } from "@glacier/local";
import { expect, onTestFinished, test } from "vitest";
import { type Manifest, readManifests } from "../../packages/k8s/test/manifests.ts";
import { runWorkflow } from "./argo.ts";
import { folderProvider } from "./folder.ts";
import { pipeline } from "./pipeline.ts";

const registry = createRegistry([folderProvider]);
const secrets = { "api-key": "hunter2-hunter2" };

interface Deployment {
  readonly root: string;
  readonly plan: Plan;
  readonly manifests: readonly Manifest[];
  journal(runId: string): Promise<RunEvent[]>;
}

async function deployed(): Promise<Deployment> {
  const root = folder();
  const target = new KubernetesTarget({ storage: { kind: "folder", root } });
  const { forms } = await pipeline.compile({ target, registry });
  const plan = pipeline.plan({ for: target });
  return {
    root,
    plan,
    manifests: readManifests(await forms.manifests()),
    async journal(runId) {
      const events: RunEvent[] = [];
      for await (const event of readJournal(plan, runId, registry)) events.push(event);
      return events;
    },
  };
}

function folder(): string {
  const root = mkdtempSync(join(tmpdir(), "glacier-k8s-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

test("a workflow's pods make the same bytes as a local run, and one journal", async () => {
  const { root, manifests, journal } = await deployed();
  const { failed, output } = await runWorkflow(manifests, "squares-x1", {
    params: { count: 1000, fail: "leak" },
    secrets,
  });
  expect(failed, output).toEqual([]);
  const local = folder();
  const executor = new LocalExecutor({ storage: local, env: { ...process.env, API_KEY: secrets["api-key"] } });
  await pipeline.run({ executor, params: { count: 1000 } });
  for (const file of ["numbers.ndjson", "squares.ndjson", "sum.json", "report.txt"])
    expect(readFileSync(join(root, file)).equals(readFileSync(join(local, file))), file).toBe(true);
  const events = await journal("squares-x1");
  expect(events[0]).toMatchObject({ type: "run.started", executor: "kubernetes" });
  expect(events.at(-1)).toMatchObject({ type: "run.finished", status: "succeeded" });
  expect(events.filter(({ type }) => type === "task.succeeded")).toHaveLength(4);
  expect(JSON.stringify(events) + output).not.toContain(secrets["api-key"]);
  expect(output).toContain("a process says ***");
  expect(output).not.toContain("GLACIER_SECRET_");
});

test("a task that fails at first is tried again, as the next attempt", async () => {
  const { manifests, journal } = await deployed();
  const { failed, exits } = await runWorkflow(manifests, "squares-x2", { params: { count: 3, fail: "once" }, secrets });
  expect([failed, exits["square-all"]]).toEqual([[], [1, 0]]);
  const events = await journal("squares-x2");
  const attempts = events.filter((event) => event.type === "attempt.started" && event.task === "square-all");
  expect(attempts).toMatchObject([{ attempt: 1 }, { attempt: 2 }]);
  expect(events.at(-1)).toMatchObject({ type: "run.finished", status: "succeeded" });
});

test("a task that fails for good fails the run, with its own words", async () => {
  const { manifests, journal } = await deployed();
  const { failed, exits } = await runWorkflow(manifests, "squares-x3", {
    params: { count: 3, fail: "always" },
    secrets,
  });
  expect([failed, exits["square-all"]]).toEqual([["square-all"], [1, 1, 1]]);
  expect((await journal("squares-x3")).at(-1)).toMatchObject({
    type: "run.finished",
    status: "failed",
    error: { code: "RUN_FAILED", message: expect.stringContaining("never") },
  });
});

test("a pod whose process is killed is tried again, and the run is over all the same", async () => {
  const { manifests, journal } = await deployed();
  const { failed, exits } = await runWorkflow(manifests, "squares-x4", { params: { count: 3, fail: "exit" }, secrets });
  expect([failed, exits["square-all"]]).toEqual([["square-all"], [137, 137, 137]]);
  expect((await journal("squares-x4")).at(-1)).toMatchObject({ type: "run.finished", status: "failed" });
});

test("params are those that were submitted, whatever is in them", async () => {
  const { manifests, journal } = await deployed();
  const params = { count: 3, note: "$$5 $(HOME) {{workflow.name}} \x7fé\u{e0001}" };
  const { failed, output } = await runWorkflow(manifests, "squares-x6", { params, secrets });
  expect(failed, output).toEqual([]);
  expect((await journal("squares-x6"))[0]).toMatchObject({ type: "run.started", params });
});

test("params that don't fit end the workflow before any task", async () => {
  const { manifests } = await deployed();
  const { failed, exits, output } = await runWorkflow(manifests, "squares-x5", { params: { count: "many" }, secrets });
  expect([failed, exits["run--begin"]]).toEqual([["run--begin"], [2]]);
  expect(output).toContain("PARAMS_INVALID");
});

test("a workflow that asks for the id of a run that has begun is refused, and leaves that run as it is", async () => {
  const { manifests, journal } = await deployed();
  await runWorkflow(manifests, "squares-x7", { params: { count: 3 }, secrets });
  const events = await journal("squares-x7");
  const { failed, exits, output } = await runWorkflow(manifests, "squares-x7", { params: { count: 3 }, secrets });
  expect([failed, exits["run--begin"], exits["run--finish"]]).toEqual([["run--begin"], [2], [0]]);
  expect(output).toContain("OPTION_INVALID: run squares-x7 is there already");
  expect(await journal("squares-x7")).toEqual(events);
});
