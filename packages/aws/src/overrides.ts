import { GlacierError } from "@glacier/core";
import type { RemoteAttempt } from "@glacier/core/execute";
import { variables } from "./deployment.ts";

/** Name of the one container in each task definition. */
export const containerName = "task";

/** Characters of all that an ECS task is started with, as JSON. */
const longest = 8192;
const page = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html#ECS-RunTask-request-overrides";

/** What a container's task definition doesn't say, as ECS takes it. */
export interface Overrides {
  readonly containerOverrides: { name: string; environment: { name: string; value: string }[] }[];
}

/** What a container is told of its attempt. Errors: `PARAMS_INVALID` where the run's params have no room there. */
export function overridesOf({ task, attempt, run }: RemoteAttempt): Overrides {
  const environment = [
    { name: variables.task, value: task },
    { name: variables.attempt, value: String(attempt) },
    { name: variables.run, value: JSON.stringify(run) },
  ];
  const overrides = { containerOverrides: [{ name: containerName, environment }] };
  const length = JSON.stringify(overrides).length;
  if (length <= longest) return overrides;
  throw new GlacierError("PARAMS_INVALID", {
    message: `task "${task}" is a container, and the run's params are too large for it: ECS takes ${longest} characters, and these are ${length} (${page})`,
    hint: "Put what is large into a dataset, and its name into the params.",
    context: { task },
  });
}
