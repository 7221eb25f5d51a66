import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRegistry, Pipeline, type PipelineOptions, type RunEvent, readJournal } from "@glacier/core";
import { KubernetesTarget, type KubernetesTargetOptions } from "@glacier/k8s";
import { LocalExecutor } from "@glacier/local";
import { expect, onTestFinished } from "vitest";
import { type Manifest, readManifests } from "../../packages/k8s/test/manifests.ts";
import type { KubernetesService } from "../services/kubernetes.ts";
import { folderProvider } from "./folder.ts";
import { forOldServer } from "./old-server.ts";
import { pipeline as squares } from "./pipeline.ts";
import { type PodProcesses, runPods } from "./processes.ts";

const registry = createRegistry([folderProvider]);
const files = ["numbers.ndjson", "squares.ndjson", "sum.json", "report.txt"];

/** The secret of the squares' tasks. */
export const secrets = { "api-key": "hunter2-hunter2" };

/** A deployment with the driver, whose pods are processes until the test is over. */
export interface DeployedDriver {
  readonly root: string;
  readonly pods: PodProcesses;
  /** As they were applied. */
  readonly manifests: readonly Manifest[];
  /** Applies it again. */
  apply(): Promise<void>;
  /** The driver's Jobs, by name. */
  jobs(): Promise<Record<string, Job>>;
  journal(runId: string): Promise<RunEvent[]>;
}

export interface Job {
  readonly metadata: { readonly name: string; readonly uid: string; readonly ownerReferences?: readonly Manifest[] };
  readonly status: { readonly succeeded?: number; readonly conditions?: readonly { readonly type: string }[] };
}

/** Compiles and applies the pipeline of squares. */
export async function deploySquares(
  cluster: KubernetesService,
  namespace: string,
  options: Pick<KubernetesTargetOptions, "params" | "pendingTimeout">,
  schedule?: PipelineOptions["schedule"],
): Promise<DeployedDriver> {
  const root = folder();
  const pipeline = new Pipeline("squares", squares.tasks as never, {
    module: squares.module as string,
    ...(schedule !== undefined && { schedule }),
  });
  const target = new KubernetesTarget({ storage: { kind: "folder", root }, engine: "driver", namespace, ...options });
  const plan = pipeline.plan({ for: target });
  const { forms } = await pipeline.compile({ target, registry });
  const manifests = readManifests(await forms.manifests()).map(forOldServer);
  const apply = async () => {
    const list = { apiVersion: "v1", kind: "List", items: manifests };
    await cluster.kubectl(["apply", "--server-side", "-f", "-"], JSON.stringify(list));
  };
  await apply();
  const pods = runPods(cluster, namespace, secrets);
  onTestFinished(() => pods.stop());
  return {
    root,
    pods,
    manifests,
    apply,
    async jobs() {
      const selector = ["-l", "app.kubernetes.io/component=engine"];
      const { items } = JSON.parse(await cluster.kubectl(["get", "jobs", "-n", namespace, ...selector, "-o", "json"]));
      return Object.fromEntries((items as Job[]).map((job) => [job.metadata.name, job]));
    },
    async journal(runId) {
      const events: RunEvent[] = [];
      for await (const event of readJournal(plan, runId, registry)) events.push(event);
      return events;
    },
  };
}

/** Whether the Job controller counts a driver's Job as over. */
export function isOver({ status: { succeeded, conditions = [] } }: Job): boolean {
  return succeeded === 1 || conditions.some(({ type }) => type === "Failed");
}

/** The id of the run that a driver's Job makes. */
export function runIdOf({ metadata: { name, uid } }: Job): string {
  return `${name.replaceAll(".", "-")}-${uid.slice(0, 8)}`;
}

/** Whether all datasets are what a run on this machine makes of the same params. */
export async function expectLocalBytes(root: string, params: { count: number }): Promise<void> {
  const local = folder();
  const executor = new LocalExecutor({ storage: local, env: { ...process.env, API_KEY: secrets["api-key"] } });
  await squares.run({ executor, params });
  for (const file of files)
    expect(readFileSync(join(root, file)).equals(readFileSync(join(local, file))), file).toBe(true);
}

function folder(): string {
  const root = mkdtempSync(join(tmpdir(), "glacier-driver-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return root;
}
