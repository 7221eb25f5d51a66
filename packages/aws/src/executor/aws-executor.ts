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
import { type Deployment, defaultState, defaultStorage } from "../deployment.ts";
import { functionName } from "../names.ts";
import { aws } from "../provider.ts";
import { sizeTask } from "../target/compute.ts";
import { checkStorage } from "../target/reach.ts";
import { type Clients, createClients } from "./clients.ts";
import { type Deployed, isCurrent, lookUp, otherCode } from "./deployed.ts";
import { createDirect, type Direct } from "./direct.ts";
import { type AWSExecutorOptions, checkOptions } from "./options.ts";
import { runMachine } from "./orchestrated.ts";
import { providerWith } from "./storage.ts";

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
  /** Whose bucket the placeholder in plans stands for: that of the first pipeline that is run. */
  #served: Deployment | undefined;

  constructor(options: AWSExecutorOptions = {}) {
    checkOptions(options);
    const { concurrency, mode } = options;
    this.#options = options;
    this.#clients = createClients(options);
    this.#direct = createDirect(this.#clients, (plan) => this.#lookUp(plan));
    this.providers = [providerWith(aws, this.#clients, () => this.#bucket())];
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
    this.#serve(plan);
    const deployed = await this.#lookUp(plan);
    if (bucket !== undefined && bucket !== deployed.bucket) throw otherBucket(plan, bucket, deployed.bucket);
    if (checkCode && !(await isCurrent(deployed, pipeline, context))) return [otherCode(plan)];
    return [];
  }

  async close(): Promise<void> {
    this.#deployed.clear();
    this.#direct.close();
    await this.#clients.close();
  }

  /** Errors: `OPTION_INVALID` for a second pipeline, whose bucket would be another. */
  #serve({ pipeline, tenant }: Deployment): void {
    this.#served ??= { pipeline, tenant };
    const same = this.#served.pipeline === pipeline && this.#served.tenant === tenant;
    if (!same && this.#options.bucket === undefined) throw servesAnother(this.#served, pipeline);
  }

  async #bucket(): Promise<string> {
    if (this.#options.bucket !== undefined) return this.#options.bucket;
    if (this.#served === undefined) throw whoseBucket();
    return (await this.#lookUp(this.#served)).bucket;
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

function servesAnother({ pipeline }: Deployment, other: string): GlacierError {
  return new GlacierError("OPTION_INVALID", {
    message: `this AWSExecutor runs pipeline "${pipeline}", and each deployment has a bucket of its own: it can't run "${other}", too`,
    hint: "Make an AWSExecutor for each pipeline and tenant, or give { bucket } where they share one.",
    context: { pipeline: other },
  });
}

function whoseBucket(): GlacierError {
  return new GlacierError("OPTION_INVALID", {
    message: "AWSExecutor: whose bucket is meant follows from the pipeline that is run, and none was",
    hint: "Name it: new AWSExecutor({ bucket }); it is among the deployment's outputs.",
  });
}

function otherBucket({ pipeline }: Deployment, given: string, deployed: string): GlacierError {
  return new GlacierError("OPTION_INVALID", {
    message: `AWSExecutor: the bucket of pipeline "${pipeline}" is "${deployed}", not "${given}"`,
    hint: "Leave `bucket` out, or give the deployment's.",
    context: { pipeline },
  });
}
