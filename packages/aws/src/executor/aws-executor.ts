import type {
  AnyPipeline,
  CheckContext,
  Diagnostic,
  ExecutionContext,
  Executor,
  PipelineRun,
  Plan,
  Provider,
  RunStatus,
  StorageResource,
  TaskInvocation,
} from "@glacier/core";
import { GlacierError } from "@glacier/core";
import { withoutModule } from "@glacier/core/execute";
import { bindPlan, type Deployment, defaultState, defaultStorage } from "../deployment.ts";
import { functionName } from "../names.ts";
import { aws } from "../provider.ts";
import { s3From } from "../storage/index.ts";
import { sizeTask } from "../target/compute.ts";
import { checkStorage } from "../target/reach.ts";
import { type Clients, createClients } from "./clients.ts";
import { type Deployed, isCurrent, lookUp, otherCode } from "./deployed.ts";
import { createDirect, type Direct } from "./direct.ts";
import { type AWSExecutorOptions, checkOptions } from "./options.ts";
import { runMachine } from "./orchestrated.ts";

/** The compute kinds of AWS. */
export type AWSKind = "serverless" | "container";

const kinds: readonly AWSKind[] = ["serverless", "container"];

/**
 * Runs a deployed pipeline: `serverless` tasks, and those without compute, in their Lambda functions, `container` tasks on
 * Fargate. Deploy it first, with what `AWSTarget` emits.
 *
 * Errors: `OPTION_INVALID`.
 *
 * @example
 * await pipeline.run({ executor: new AWSExecutor({ region: "eu-west-1" }) });
 */
export class AWSExecutor implements Executor<AWSKind> {
  readonly name = "aws";
  readonly supports: readonly AWSKind[] = kinds;
  readonly defaultStorage: StorageResource = defaultStorage;
  readonly state: StorageResource = defaultState;
  readonly providers: readonly Provider[];
  readonly concurrency?: number;
  /** In orchestrated mode. */
  readonly runPipeline?: (run: PipelineRun, context: ExecutionContext) => Promise<RunStatus>;
  readonly #clients: Clients;
  readonly #direct: Direct;
  readonly #options: AWSExecutorOptions;
  /** By functions' names; a deployment may change between runs, so each `close` forgets them. */
  readonly #deployed = new Map<string, Promise<Deployed>>();

  constructor(options: AWSExecutorOptions = {}) {
    checkOptions(options);
    const { concurrency, mode } = options;
    this.#options = options;
    this.#clients = createClients(options);
    this.#direct = createDirect(this.#clients, (plan) => this.#lookUp(plan));
    this.providers = [{ ...aws, storage: { ...aws.storage, s3: s3From(this.#clients.s3) } }];
    if (concurrency !== undefined) this.concurrency = concurrency;
    if (mode === "orchestrated") {
      this.runPipeline = async (run, context) =>
        runMachine(run, context, await this.#lookUp(context.plan), this.#clients);
    }
  }

  execute(invocation: TaskInvocation, context: ExecutionContext): Promise<void> {
    return this.#direct.execute(invocation, context);
  }

  async check(plan: Plan, pipeline: AnyPipeline, context: CheckContext): Promise<readonly Error[]> {
    const { bucket, checkCode = true } = this.#options;
    if (pipeline.module === undefined) return [withoutModule(pipeline.name, plan.tasks[0]?.name ?? "")];
    const refused = unable(plan, context);
    if (refused.length > 0) return refused;
    const deployed = await this.#lookUp(plan);
    if (bucket !== undefined && bucket !== deployed.bucket) throw otherBucket(plan, bucket, deployed.bucket);
    if (checkCode && !(await isCurrent(deployed, pipeline, context))) return [otherCode(plan)];
    return [];
  }

  async bind(plan: Plan): Promise<Plan> {
    return bindPlan(plan, this.#options.bucket ?? (await this.#lookUp(plan)).bucket);
  }

  async close(): Promise<void> {
    this.#deployed.clear();
    this.#direct.close();
    await this.#clients.close();
  }

  #lookUp(deployment: Deployment): Promise<Deployed> {
    const name = functionName(deployment);
    let found = this.#deployed.get(name);
    if (found === undefined) {
      found = lookUp(deployment, this.#clients);
      found.catch(() => this.#deployed.delete(name));
      this.#deployed.set(name, found);
    }
    return found;
  }
}

/** What AWSTarget would not deploy, in its own words. */
function unable({ tasks, datasets }: Plan, { registry }: CheckContext): GlacierError[] {
  const remarks: Diagnostic[] = checkStorage(datasets, registry);
  // Kinds that no executor of AWS's runs are core's to refuse.
  const known = tasks.filter(
    ({ compute }) => compute === undefined || (kinds as readonly string[]).includes(compute.kind),
  );
  for (const task of known) sizeTask(task, (remark) => void remarks.push(remark));
  return remarks.flatMap(({ severity, error }) => (severity === "error" ? [error] : []));
}

function otherBucket({ pipeline }: Deployment, given: string, deployed: string): GlacierError {
  return new GlacierError("OPTION_INVALID", {
    message: `AWSExecutor: the bucket of pipeline "${pipeline}" is "${deployed}", not "${given}"`,
    hint: "Leave `bucket` out, or give the deployment's.",
    context: { pipeline },
  });
}
