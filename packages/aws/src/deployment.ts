import type { Json, Plan, S3Resource, StorageResource } from "@glacier/core";
import type { RemoteAttempt, RemoteRun } from "@glacier/core/execute";

/** What is deployed on its own: a pipeline, for one tenant or for none. */
export interface Deployment {
  readonly pipeline: string;
  readonly tenant?: string | undefined;
}

/** What regions are named like. */
export const regionName: RegExp = /^[a-z]{2,4}(-[a-z]+)+-\d+$/;

/**
 * Stands in plans for the deployment's own bucket, whose name needs the account: {@link bindPlan} puts the real one in.
 * No bucket can have this name (S3 reserves names that end in `--x-s3`).
 */
export const defaultBucket = "glacier-deployment--x-s3";

/** Where datasets without storage of their own go. */
export const defaultStorage: S3Resource = { kind: "s3", bucket: defaultBucket };

/** Where manifests, pins and run journals go. */
export const defaultState: S3Resource = { kind: "s3", bucket: defaultBucket, prefix: ".glacier/" };

/** The same plan with a deployment's real bucket. */
export function bindPlan(plan: Plan, bucket: string): Plan {
  return {
    ...plan,
    state: bound(plan.state, bucket),
    datasets: plan.datasets.map((dataset) => ({ ...dataset, storage: bound(dataset.storage, bucket) })),
  };
}

function bound(storage: StorageResource, bucket: string): StorageResource {
  return storage["bucket"] === defaultBucket ? { ...storage, bucket } : storage;
}

/** Environment variables that functions and containers get. */
export const variables: {
  readonly [name in "bucket" | "secretsPrefix" | "task" | "attempt" | "run"]: `GLACIER_${string}`;
} = {
  /** Name of the deployment's bucket. */
  bucket: "GLACIER_BUCKET",
  /** What stands before each secret's name in Secrets Manager. */
  secretsPrefix: "GLACIER_SECRETS_PREFIX",
  /** Containers: the task's name, the attempt's number, and the {@link RemoteRun} as JSON. */
  task: "GLACIER_TASK",
  attempt: "GLACIER_ATTEMPT",
  run: "GLACIER_RUN",
};

/** The zip's exports that Lambda calls: for tasks a {@link RemoteAttempt}, for the run function a {@link RunRequest}. */
export const handlers: { readonly task: string; readonly run: string } = { task: "index.handler", run: "index.run" };

/** What a task's function answers after its attempt: nothing of the data or the log, since Step Functions keeps answers. */
export type TaskAnswer = Pick<RemoteAttempt, "task" | "attempt">;

/** What the run function takes, before the first task and after the last. */
export type RunRequest =
  /** `execution` is the run's id, `input` brings its params. Answers a {@link RemoteRun}. */
  | { readonly step: "begin"; readonly execution: string; readonly input: Json }
  /**
   * `error` is there where a task failed, as Step Functions caught it. Answers `{ runId }`, with the task's own error as
   * `error` where there is one: a container's is in the journal, since Step Functions only knows that it ended.
   */
  | { readonly step: "finish"; readonly run: RemoteRun; readonly error?: CaughtError };

/** The state machine's state that a failed run goes to: no task does anything more. */
export const failedStep = "Finish failed";

/** The state that a container's task goes to where ECS says that it failed, and its own container did not. */
export function succeededStep(task: string): string {
  return `Done: ${task}`;
}

/** What to do where something that AWSTarget emits isn't there. */
export const deploy =
  "Compile and apply: `glacier compile`, then `terraform apply` (or deploy the CloudFormation template). Check the region and the account, too.";

/** An error as Step Functions keeps it. */
export interface CaughtError {
  readonly Error: string;
  readonly Cause: string;
}

/**
 * What a task's function throws is named by the error's code, for the state machine's `Retry`, which compares whole names:
 * with {@link finalSuffix} where the code may be retried but this error may not, {@link retryableError} where it is the
 * other way round. The message is the error as JSON.
 */
export const finalSuffix = ".Final";
export const retryableError = "RetryableError";
