/**
 * Every error code, and whether trying again may help.
 * A code is permanent: it is never renamed or reused. `docs/errors.md` has one section for each.
 */
export const errorCodes = {
  // what the user declared
  /** A dataset, task or pipeline name is not legal. */
  NAME_INVALID: false,
  /** An option has a value that Glacier can't use. */
  OPTION_INVALID: false,
  /** The pipeline has one or more structural mistakes; see `issues`. */
  PIPELINE_INVALID: false,
  /** A task name that the pipeline doesn't have. */
  TASK_UNKNOWN: false,
  /** A dataset name that the pipeline doesn't have. */
  DATASET_UNKNOWN: false,
  /** Run parameters are missing or don't fit their schema. */
  PARAMS_INVALID: false,
  /** A pipeline module or config can't be loaded or lacks what is needed. */
  MODULE_INVALID: false,
  // providers
  /** No provider handles a kind or name. */
  PROVIDER_MISSING: false,
  /** Two different providers have one name, or claim the same kind or name. */
  PROVIDER_CONFLICT: false,
  /** A provider doesn't load, isn't well-formed or was written for another contract. */
  PROVIDER_INVALID: false,
  /** The executor can't run a task's compute. */
  COMPUTE_UNSUPPORTED: false,
  /** A task's compute can't reach a dataset's storage. */
  STORAGE_UNREACHABLE: false,
  // storage
  /** The object doesn't exist. */
  NOT_FOUND: false,
  /** An if-match or if-none-match condition didn't hold. */
  PRECONDITION_FAILED: false,
  /** The storage refused access. */
  PERMISSION_DENIED: false,
  /** No space is left on the storage. */
  STORAGE_FULL: false,
  /** The service asks to slow down. */
  THROTTLED: true,
  /** The service can't be reached or failed for a moment. */
  UNAVAILABLE: true,
  /** The backend can't do what was asked. */
  UNSUPPORTED: false,
  /** An object key is not legal or leaves its root. */
  KEY_INVALID: false,
  /** A storage error of another kind. */
  STORAGE_FAILED: false,
  // data
  /** A dataset that a task reads was never written. */
  DATASET_MISSING: false,
  /** A dataset was replaced while a run was using it. */
  DATASET_CHANGED: false,
  /** A value or row doesn't match its dataset's schema. */
  DATA_INVALID: false,
  /** Bytes are not what the dataset's format says. */
  DECODE_FAILED: false,
  /** A value can't be written in the dataset's format. */
  ENCODE_FAILED: false,
  /** One row is larger than the format's limit. */
  ROW_TOO_LARGE: false,
  // runs
  /** A task's own code threw. */
  TASK_FAILED: true,
  /** A task took longer than its timeout. */
  TASK_TIMEOUT: true,
  /** A task's process or thread ended before it answered. */
  TASK_CRASHED: true,
  /** A task needed more memory than its limit. */
  OUT_OF_MEMORY: false,
  /** A command task ended with a non-zero exit code. */
  COMMAND_FAILED: true,
  /** A secret has no value where the task runs. */
  SECRET_MISSING: false,
  /** The run was cancelled. */
  CANCELLED: false,
  /** One or more tasks of a run failed; see `issues`. */
  RUN_FAILED: false,
  /** No journal has that run id. */
  RUN_NOT_FOUND: false,
  /** No Docker engine answers. */
  DOCKER_UNAVAILABLE: false,
  /** A container image can't be found or pulled. */
  IMAGE_UNAVAILABLE: false,
  /** No machine has room for a task, or a quota is used up. */
  UNSCHEDULABLE: true,
  /** A task's machine was taken from it before its end. */
  EVICTED: true,
  /** A pipeline's code can't be bundled. */
  BUNDLE_FAILED: false,
  // cli
  /** The command line can't be understood. */
  USAGE: false,
  /** A defect in Glacier or a provider. */
  INTERNAL: false,
} as const;

/** A permanent, machine-readable error code. Match errors by it, never by `instanceof`. */
export type ErrorCode = keyof typeof errorCodes;
