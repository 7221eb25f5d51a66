import { queueName, scheduleName, stateMachineName } from "../../names.ts";
import type { Resource } from "../model.ts";
import type { Statement } from "../policy.ts";
import type { Settings } from "../settings.ts";
import { account, text } from "../text.ts";
import { machineId } from "./engine.ts";
import { role, type TooLarge } from "./role.ts";

/** Id of the queue that is told of runs that could not be started, and of what watches it. */
export const unstartedId = "unstarted";

/**
 * An hour: a later start would be another day's run. Within it as often as EventBridge Scheduler does by itself.
 * https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html
 */
const retry = { maxAge: 3600, max: 185 };
/** As long as a queue keeps anything: 14 days. */
const retention = 1_209_600;

/** What starts the state machine by the clock; `expressions` as EventBridge Scheduler has them. */
export function schedules(
  expressions: readonly string[],
  timeZone: string,
  settings: Settings,
  tooLarge: TooLarge,
): Resource[] {
  const { deployment, region, partition } = settings;
  const arn = (service: string, what: string) => text`arn:${partition}:${service}:${region}:${account}:${what}`;
  const queue = queueName(deployment);
  const statements: Statement[] = [
    { actions: ["states:StartExecution"], resources: [arn("states", `stateMachine:${stateMachineName(deployment)}`)] },
    // https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
    { actions: ["sqs:SendMessage"], resources: [arn("sqs", queue)] },
  ];
  return [
    { kind: "queue", id: unstartedId, name: queue, retention },
    role("schedule", { service: "schedule" }, "scheduler", statements, settings, tooLarge),
    ...expressions.map(
      (expression, i): Resource => ({
        kind: "schedule",
        id: i === 0 ? "schedule" : `schedule_${i + 1}`,
        name: scheduleName(deployment, i + 1),
        expression,
        timeZone,
        retry,
        stateMachine: machineId,
        role: "schedule",
        unstarted: unstartedId,
      }),
    ),
  ];
}
