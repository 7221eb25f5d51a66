import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { aws } from "@glacier/aws";
import {
  type AnyPipeline,
  createRegistry,
  createStore,
  type Plan,
  type Registry,
  type RunEvent,
  readJournal,
  type StorageResource,
  type Store,
} from "@glacier/core";
import type { RemoteRun } from "@glacier/core/execute";
import { unzipSync } from "fflate";
import { buildCode } from "../../packages/aws/src/code/index.ts";
import type { CodeArtifacts } from "../../packages/aws/src/code/types.ts";
import { bindPlan, defaultState, defaultStorage, handlers } from "../../packages/aws/src/deployment.ts";
import { type Invocation, type LambdaFunction, startFunction } from "../services/lambda.ts";
import type { MotoService } from "../services/moto.ts";

/** A pipeline's code as it is deployed, under Lambda's own runtime client. */
export interface DeployedPipeline {
  readonly plan: Plan;
  readonly registry: Registry;
  readonly code: CodeArtifacts;
  /** The folder of its unzipped code. */
  readonly folder: string;
  /** The deployment's bucket. */
  readonly store: Store;
  readonly env: Readonly<Record<string, string>>;
  begin(input: object, execution: string): Promise<Invocation>;
  finish(run: RemoteRun, error?: { Error: string; Cause: string }): Promise<Invocation>;
  attempt(run: RemoteRun, task: string, options?: { attempt?: number; timeout?: number }): Promise<Invocation>;
  journal(runId: string): Promise<RunEvent[]>;
  /** Processes of the tasks' function that were started so far. */
  starts(): number;
  stop(): Promise<void>;
}

/** Builds a pipeline's code, and starts a function for its tasks and its run function on moto. */
export async function deploy(
  pipeline: AnyPipeline & { plan(options: object): Plan },
  moto: MotoService,
  bindings: Readonly<Record<string, StorageResource>> = {},
): Promise<DeployedPipeline> {
  const bucket = await moto.makeBucket();
  const emitted = pipeline.plan({ for: { defaultStorage, state: defaultState }, bindings });
  const code = await buildCode(emitted, { pipeline, registry: createRegistry([aws]) });
  const folder = mkdtempSync(join(tmpdir(), "glacier-lambda-"));
  for (const [path, content] of Object.entries(unzipSync(code.zip.bytes))) writeFileSync(join(folder, path), content);
  const tmp = join(folder, "tmp");
  mkdirSync(tmp);
  const env = {
    GLACIER_BUCKET: bucket,
    GLACIER_SECRETS_PREFIX: `${pipeline.name}/`,
    AWS_ENDPOINT_URL: moto.endpoint,
    TMPDIR: tmp,
  };
  const tasks: LambdaFunction = await startFunction(folder, handlers.task, env);
  const run: LambdaFunction = await startFunction(folder, handlers.run, env);
  const plan = bindPlan(emitted, bucket);
  const registry = createRegistry([aws]);
  return {
    plan,
    registry,
    code,
    folder,
    env,
    store: createStore(registry.storage({ kind: "s3", bucket })),
    begin: (input, execution) => run.invoke({ step: "begin", execution, input }),
    finish: (state, error) => run.invoke({ step: "finish", run: state, ...(error !== undefined && { error }) }),
    attempt: (state, task, { attempt = 1, ...options } = {}) => tasks.invoke({ task, attempt, run: state }, options),
    async journal(runId) {
      const events: RunEvent[] = [];
      for await (const event of readJournal(plan, runId, registry)) events.push(event);
      return events;
    },
    starts: () => tasks.starts(),
    async stop() {
      await tasks.stop();
      await run.stop();
      await registry.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** An error as Step Functions catches it. */
export function caught({ error }: Invocation): { Error: string; Cause: string } {
  return { Error: error?.errorType ?? "", Cause: JSON.stringify(error) };
}
