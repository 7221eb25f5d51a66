import type { ErrorCode, GlacierError } from "@glacier/core";

/** What the process answers its caller. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  invalid: 3,
  hangup: 129,
  interrupted: 130,
  closed: 141,
  terminated: 143,
} as const;

/** Mistakes in the command line: an option, or something it names that isn't there. */
const usage: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "USAGE",
  "TASK_UNKNOWN",
  "DATASET_UNKNOWN",
  "RUN_NOT_FOUND",
  "PARAMS_INVALID",
]);

/** Mistakes in the pipeline, the config or the project's providers: nothing was run. */
const invalid: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "NAME_INVALID",
  "OPTION_INVALID",
  "PIPELINE_INVALID",
  "MODULE_INVALID",
  "PROVIDER_MISSING",
  "PROVIDER_CONFLICT",
  "PROVIDER_INVALID",
  "COMPUTE_UNSUPPORTED",
  "STORAGE_UNREACHABLE",
  "BUNDLE_FAILED",
]);

/** The exit code for an error. */
export function exitCodeFor({ code }: Pick<GlacierError, "code">): number {
  if (usage.has(code)) return exitCodes.usage;
  if (invalid.has(code)) return exitCodes.invalid;
  return code === "CANCELLED" ? exitCodes.interrupted : exitCodes.failed;
}
