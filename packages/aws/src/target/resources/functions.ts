import type { Plan, PlanTask } from "@glacier/core";
import { handlers, variables } from "../../deployment.ts";
import { functionName, logGroupName } from "../../names.ts";
import type { SizedFunction } from "../compute.ts";
import type { Resource } from "../model.ts";
import { logStatement, runStatements, type Statement } from "../policy.ts";
import type { Settings } from "../settings.ts";
import { ref, type Text } from "../text.ts";
import { role, type TooLarge } from "./role.ts";
import { bucketId } from "./storage.ts";

/** Id of the resources that belong to a task. */
export function taskId(task: string): string {
  return `task_${task}`;
}

/** A task's function with its role and logs. */
export function taskFunction(
  task: PlanTask,
  sized: SizedFunction,
  statements: readonly Statement[],
  settings: Settings,
  tooLarge: TooLarge,
): Resource[] {
  return functionWith(
    { id: taskId(task.name), task: task.name, handler: handlers.task, ...sized, statements },
    settings,
    tooLarge,
  );
}

/** The function that begins and finishes runs. */
export function runFunction(plan: Plan, settings: Settings, tooLarge: TooLarge): Resource[] {
  return functionWith(
    { id: "run", handler: handlers.run, ...runSize, env: {}, statements: runStatements(plan, settings) },
    settings,
    tooLarge,
  );
}

/** MB and seconds; a pipeline may have many sources to look up. */
const runSize = { memory: 512, timeout: 300 };

/** What every function and container needs to know of its deployment. */
export function commonEnv({ secretsPrefix }: Settings): Record<string, Text> {
  return { [variables.bucket]: ref(bucketId, "name"), [variables.secretsPrefix]: secretsPrefix };
}

interface FunctionParts extends Pick<SizedFunction, "memory" | "timeout" | "env"> {
  readonly id: string;
  readonly task?: string;
  readonly handler: string;
  readonly statements: readonly Statement[];
}

function functionWith(
  { id, task, handler, memory, timeout, env, statements }: FunctionParts,
  settings: Settings,
  tooLarge: TooLarge,
): Resource[] {
  const name = functionName(settings.deployment, task);
  const logGroup = logGroupName("lambda", name);
  const of = task === undefined ? { service: "run" as const } : { task };
  return [
    { kind: "logGroup", id, name: logGroup, retention: settings.logRetention, kmsKey: settings.kmsKey },
    role(id, of, "lambda", [...statements, logStatement(logGroup, settings)], settings, tooLarge),
    {
      kind: "function",
      id,
      name,
      handler,
      architecture: settings.architecture,
      memory,
      timeout,
      env: { NODE_OPTIONS: "--enable-source-maps", ...env, ...commonEnv(settings) },
      role: id,
      logGroup: id,
    },
  ];
}
