import { DeleteObjectCommand, ListObjectVersionsCommand, S3Client } from "@aws-sdk/client-s3";
import { aws } from "@glacier/aws";
import {
  type AnyPipeline,
  createRegistry,
  createStore,
  type Plan,
  type RunEvent,
  readJournal,
  type StorageResource,
  type Store,
} from "@glacier/core";
import { manifestKey } from "@glacier/core/compile";
import { listRuns, type RunSummary } from "@glacier/core/inspect";
import { bindPlan, defaultState, defaultStorage } from "../../packages/aws/src/deployment.ts";
import { useMoto } from "./environment.ts";

/** What runs of a deployment have left in its bucket. */
export interface Written {
  readonly plan: Plan;
  /** The deployment's bucket. */
  readonly store: Store;
  runs(): Promise<RunSummary[]>;
  journal(runId: string): Promise<RunEvent[]>;
  manifest(dataset: string): Promise<unknown>;
  /** Deletes every version of every object. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

export function written(
  pipeline: AnyPipeline & { plan(options: object): Plan },
  endpoint: string,
  bucket: string,
  bindings: Readonly<Record<string, StorageResource>>,
): Written {
  const restore = useMoto({ endpoint });
  const registry = createRegistry([aws]);
  const plan = bindPlan(pipeline.plan({ for: { defaultStorage, state: defaultState }, bindings }), bucket);
  const store = createStore(registry.storage({ kind: "s3", bucket }));
  return {
    plan,
    store,
    async runs() {
      const runs: RunSummary[] = [];
      for await (const run of listRuns(plan, registry, Date.now())) runs.push(run);
      return runs;
    },
    async journal(runId) {
      const events: RunEvent[] = [];
      for await (const event of readJournal(plan, runId, registry)) events.push(event);
      return events;
    },
    manifest: async (dataset) => (await store.readJson(`.glacier/${manifestKey(plan, dataset)}`))?.value,
    async empty() {
      const client = new S3Client({ forcePathStyle: true });
      const { Versions = [], DeleteMarkers = [] } = await client.send(
        new ListObjectVersionsCommand({ Bucket: bucket }),
      );
      for (const { Key, VersionId } of [...Versions, ...DeleteMarkers])
        await client.send(new DeleteObjectCommand({ Bucket: bucket, Key, VersionId }));
      client.destroy();
    },
    async close() {
      await registry.close();
      restore();
    },
  };
}
