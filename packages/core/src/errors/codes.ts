/**
 * Every error code, with what it means and whether trying again may help.
 * A code is permanent: it is never renamed or reused. `docs/errors.md` has one section for each.
 */
export const errorCodes = {
  // what the user declared
  NAME_INVALID: { retryable: false, about: "a dataset, task or pipeline name is not legal" },
  OPTION_INVALID: { retryable: false, about: "an option has a value that Glacier can't use" },
  PIPELINE_INVALID: { retryable: false, about: "the pipeline has one or more structural mistakes; see `issues`" },
  TASK_UNKNOWN: { retryable: false, about: "a task name that the pipeline doesn't have" },
  DATASET_UNKNOWN: { retryable: false, about: "a dataset name that the pipeline doesn't have" },
  PARAMS_INVALID: { retryable: false, about: "run parameters are missing or don't fit their schema" },
  MODULE_INVALID: { retryable: false, about: "a pipeline module or config can't be loaded or lacks what is needed" },
  // providers
  PROVIDER_MISSING: { retryable: false, about: "no provider handles a kind or name" },
  PROVIDER_CONFLICT: { retryable: false, about: "two providers claim the same kind or name" },
  PROVIDER_INVALID: { retryable: false, about: "a provider package doesn't load or isn't a provider" },
  COMPUTE_UNSUPPORTED: { retryable: false, about: "the executor can't run a task's compute" },
  STORAGE_UNREACHABLE: { retryable: false, about: "a task's compute can't reach a dataset's storage" },
  // storage
  NOT_FOUND: { retryable: false, about: "the object doesn't exist" },
  PRECONDITION_FAILED: { retryable: false, about: "an if-match or if-none-match condition didn't hold" },
  PERMISSION_DENIED: { retryable: false, about: "the storage refused access" },
  STORAGE_FULL: { retryable: false, about: "no space is left on the storage" },
  THROTTLED: { retryable: true, about: "the service asks to slow down" },
  UNAVAILABLE: { retryable: true, about: "the service can't be reached or failed for a moment" },
  UNSUPPORTED: { retryable: false, about: "the backend can't do what was asked" },
  KEY_INVALID: { retryable: false, about: "an object key is not legal or leaves its root" },
  STORAGE_FAILED: { retryable: false, about: "a storage error of another kind" },
  // data
  DATASET_MISSING: { retryable: false, about: "a dataset that a task reads was never written" },
  DATASET_CHANGED: { retryable: false, about: "a dataset was replaced while a run was using it" },
  DATA_INVALID: { retryable: false, about: "a value or row doesn't match its dataset's schema" },
  DECODE_FAILED: { retryable: false, about: "bytes are not what the dataset's format says" },
  ENCODE_FAILED: { retryable: false, about: "a value can't be written in the dataset's format" },
  ROW_TOO_LARGE: { retryable: false, about: "one row is larger than the format's limit" },
  // runs
  TASK_FAILED: { retryable: true, about: "a task's own code threw" },
  TASK_TIMEOUT: { retryable: true, about: "a task took longer than its timeout" },
  TASK_CRASHED: { retryable: true, about: "a task's process or thread ended before it answered" },
  OUT_OF_MEMORY: { retryable: false, about: "a task needed more memory than its limit" },
  COMMAND_FAILED: { retryable: true, about: "a command task ended with a non-zero exit code" },
  SECRET_MISSING: { retryable: false, about: "a secret has no value where the task runs" },
  CANCELLED: { retryable: false, about: "the run was cancelled" },
  RUN_FAILED: { retryable: false, about: "one or more tasks of a run failed; see `issues`" },
  RUN_NOT_FOUND: { retryable: false, about: "no journal has that run id" },
  DOCKER_UNAVAILABLE: { retryable: false, about: "no Docker engine answers" },
  IMAGE_UNAVAILABLE: { retryable: false, about: "a container image can't be found or pulled" },
  BUNDLE_FAILED: { retryable: false, about: "a pipeline's code can't be bundled" },
  // cli
  USAGE: { retryable: false, about: "the command line can't be understood" },
  INTERNAL: { retryable: false, about: "a defect in Glacier or a provider" },
} as const;

/** A permanent, machine-readable error code. Match errors by it, never by `instanceof`. */
export type ErrorCode = keyof typeof errorCodes;
