import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  type Artifacts,
  type Compilation,
  GlacierError,
  type Plan,
  type PlanDataset,
  type PlanTask,
  type Target,
} from "@glacier/core";
import type { TargetView } from "../src/target/view.ts";

/** What a deployment file says: a small engine's whole infrastructure. */
export interface Deployment {
  name: string;
  schedule?: { cron: string; timeZone: string };
  steps: Record<string, Step>;
}

interface Step {
  id: string;
  after: string[];
  read: string[];
  write: string[];
  secrets: string[];
  retry: unknown;
  timeout: number | undefined;
  memory: unknown;
}

/** A small honest target: one JSON file that says what runs, and the pipeline's code. For the kit's own tests. */
export function deploymentTarget(): Target {
  const bucket = { kind: "bucket", name: "kit" };
  return {
    name: "deployment",
    defaultStorage: bucket,
    state: { ...bucket, prefix: "state" },
    async compile(plan, { pipeline }): Promise<Compilation> {
      return {
        diagnostics: refusals(plan).map((error) => ({ severity: "error", error })),
        forms: {
          deployment: async () => ({
            "deployment.json": `${JSON.stringify(deploymentOf(plan), null, 2)}\n`,
            "code/pipeline.mjs": readFileSync(fileURLToPath(pipeline.module ?? "")),
          }),
        },
      };
    },
  };
}

function deploymentOf(plan: Plan): Deployment {
  return {
    name: idOf(plan.tenant ?? "", plan.pipeline),
    ...(plan.schedule !== undefined && { schedule: plan.schedule }),
    steps: Object.fromEntries(plan.tasks.map((task) => [task.name, stepOf(plan, task)])),
  };
}

function stepOf(plan: Plan, task: PlanTask): Step {
  const quarantine = typeof task.onInvalid === "string" ? [] : [task.onInvalid.quarantine];
  const objects = (names: readonly string[]) =>
    plan.datasets.filter(({ name }) => names.includes(name)).map((dataset) => objectOf(dataset));
  return {
    id: idOf(plan.tenant ?? "", plan.pipeline, task.name),
    after: [...new Set(plan.edges.filter(({ to }) => to === task.name).map(({ from }) => from))],
    read: objects(Object.values(task.inputs)),
    write: objects([...Object.values(task.outputs), ...quarantine]),
    secrets: [...new Set(Object.values(task.secrets))],
    retry: task.retry,
    timeout: task.timeout,
    memory: task.compute !== undefined && "memory" in task.compute ? task.compute.memory : undefined,
  };
}

/** Up to 40 of a-z, 0-9 and "-"; the hash keeps apart what is cut or spelled alike. */
function idOf(...parts: readonly string[]): string {
  const hash = createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 12);
  return `${parts.join("-").replaceAll("_", "-").replace(/^-+/, "").slice(0, 27)}-${hash}`;
}

function objectOf({ storage, key }: PlanDataset): string {
  return `${storage.kind}:${String(storage["name"])}/${key}`;
}

function refusals({ tasks, datasets }: Plan): GlacierError[] {
  const compute = tasks.filter((task) => task.compute !== undefined && task.compute.kind !== "container");
  const storage = datasets.filter((dataset) => dataset.storage.kind !== "bucket");
  return [
    ...compute.map(
      ({ name }) =>
        new GlacierError("COMPUTE_UNSUPPORTED", {
          message: `task "${name}" needs compute that isn't there`,
          hint: "Use compute.container().",
          context: { task: name },
        }),
    ),
    ...storage.map(
      ({ name }) =>
        new GlacierError("STORAGE_UNREACHABLE", {
          message: `dataset "${name}" is where no step can reach it`,
          hint: "Bind it to a bucket.",
          context: { dataset: name },
        }),
    ),
  ];
}

/** What the deployment file says. */
export function deploymentView(artifacts: Artifacts): TargetView {
  const { name, steps, schedule }: Deployment = JSON.parse(String(artifacts["deployment.json"]));
  const legal = /[a-z][a-z0-9-]*/;
  return {
    tasks: steps,
    names: [name, ...Object.values(steps).map(({ id }) => id)].map((one, i) => ({
      name: one,
      legal,
      maxLength: 40,
      what: i === 0 ? "deployment" : "step",
      global: true,
    })),
    ...(schedule !== undefined && { schedule }),
    may: (task, action, dataset) => steps[task]?.[action].some((object) => matches(object, objectOf(dataset))) ?? false,
    secrets: (task) => steps[task]?.secrets ?? [],
  };
}

/** A trailing `*` stands for anything, as in most policies. */
function matches(pattern: string, object: string): boolean {
  return pattern.endsWith("*") ? object.startsWith(pattern.slice(0, -1)) : pattern === object;
}
