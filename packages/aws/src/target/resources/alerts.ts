import { alarmName, ruleName, topicName } from "../../names.ts";
import type { Resource } from "../model.ts";
import type { Settings } from "../settings.ts";
import { account, ref, text } from "../text.ts";
import { machineId } from "./engine.ts";
import { unstartedId } from "./schedule.ts";

/** Who is told of runs that fail, time out or are stopped and, where there is a schedule, of those that could not be started. */
export function alerts(settings: Settings, scheduled: boolean): Resource[] {
  const { alerts: wanted, deployment, kmsKey, partition, region } = settings;
  if (wanted === undefined) return [];
  const name = alarmName(deployment);
  const alarm = scheduled ? text`arn:${partition}:cloudwatch:${region}:${account}:alarm:${name}` : undefined;
  const emails = [...(wanted.emails ?? [])].sort();
  const topic = wanted.topicArn ?? ref("alerts", "arn");
  return [
    ...(wanted.topicArn === undefined
      ? [{ kind: "topic", id: "alerts", name: topicName(deployment), emails, kmsKey, alarm } as const]
      : []),
    { kind: "alert", id: "alerts", name: ruleName(deployment), stateMachine: machineId, topic },
    ...(scheduled
      ? [
          {
            kind: "alarm",
            id: unstartedId,
            name,
            description: unstarted(deployment),
            queue: unstartedId,
            topic,
          } as const,
        ]
      : []),
  ];
}

function unstarted({ pipeline }: Settings["deployment"]): string {
  return `Glacier: a scheduled run of pipeline ${pipeline} could not be started. The queue of this name has the reason; the alarm ends when the queue is empty.`;
}
