import { createHash } from "node:crypto";
import type { Deployment } from "./deployment.ts";

/*
 * The physical name of everything that AWS has of a deployment: legal, the same every time, and no two alike. A name that
 * would be too long, or that other parts could spell too, ends in a hash of its parts.
 */

/** A task's function; without a task the run function. https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html */
export function functionName(deployment: Deployment, task?: string): string {
  return join([...partsOf(deployment), task ?? own("run")], 64);
}

/** Names of roles are an account's, those of nearly all else a region's. https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
export function roleName(deployment: Deployment, region: string, of: RoleOf): string {
  return join([...partsOf(deployment), "task" in of ? of.task : own(of.service), own(region)], 64);
}

/** Whose role it is: a task's, or a service's. */
export type RoleOf = { readonly task: string } | { readonly service: "run" | "states" | "schedule" | "containers" };

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html */
export function policyName(role: string, number: number): string {
  return `${role}-${number}`;
}

/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html */
export function stateMachineName(deployment: Deployment): string {
  return join(partsOf(deployment), 80);
}

/** Where a function, the containers of a task (by its family) or the state machine logs. */
export function logGroupName(service: "lambda" | "ecs" | "states", name: string): string {
  // https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
  return service === "states" ? `/aws/vendedlogs/states/${name}` : `/aws/${service}/${name}`;
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html */
export function taskFamily(deployment: Deployment, task: string): string {
  return join([...partsOf(deployment), task], 255);
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html */
export function clusterName(deployment: Deployment): string {
  return join(partsOf(deployment), 255);
}

/** `number` counts where one cron expression takes several schedules. https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html */
export function scheduleName(deployment: Deployment, number: number): string {
  return join([...partsOf(deployment), ...(number === 1 ? [] : [own(String(number))])], 64);
}

/** Where what a schedule could not start is told. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html */
export function queueName(deployment: Deployment): string {
  return join([...partsOf(deployment), own("unstarted")], 80);
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
export function alarmName(deployment: Deployment): string {
  return join([...partsOf(deployment), own("unstarted")], 255);
}

/** https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html */
export function topicName(deployment: Deployment): string {
  return join([...partsOf(deployment), own("alerts")], 256);
}

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html */
export function ruleName(deployment: Deployment): string {
  return join([...partsOf(deployment), own("alerts")], 64);
}

/** Lower case, with single separators between letters and digits. https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html */
export function repositoryName(deployment: Deployment): string {
  const parts = partsOf(deployment);
  const plain = parts.every((part) => /^[a-z0-9]+(_[a-z0-9]+)*$/.test(part));
  const name = join(parts, 256);
  return plain ? name : hashed(name.replace(/[-_]+/g, "-").replace(/-$/, ""), parts, 256);
}

/**
 * The deployment's own bucket. Names of buckets are the world's, so the account is in it.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
export function bucketName(deployment: Deployment, region: string, account: string): string {
  return `${bucketStem(deployment, region)}-${account}-${region}`;
}

/** What stands before account and region in {@link bucketName}. An account is 12 digits. */
export function bucketStem(deployment: Deployment, region: string): string {
  const parts = partsOf(deployment);
  const max = 63 - 12 - region.length - 2;
  const name = join(parts, max);
  const folded = name.replace(/[-_]+/g, "-").replace(/-$/, "");
  if (reserved.test(`${folded}-`)) return hashed(`glacier-${folded}`, parts, max);
  return folded === name ? name : hashed(folded, parts, max);
}

/** What S3 lets no bucket's name begin with, of what a stem can. */
const reserved = /^(sthree|amzn-s3-demo)-/;

/** What stands before the name of each secret in Secrets Manager, unless the target's options say otherwise. */
export function defaultSecretsPrefix({ pipeline, tenant }: Deployment): string {
  return `${tenant === undefined ? "" : `${tenant}/`}${pipeline}/`;
}

/** A part that no pipeline, tenant or task can be named: they begin with a letter, and so does no name with "--" but a hashed one. */
function own(word: string): string {
  return `-${word}`;
}

function partsOf({ pipeline, tenant }: Deployment): string[] {
  return tenant === undefined ? [pipeline] : [tenant, pipeline];
}

/** Joined parts; those of a user's that have the separator in them could be joined from others too. */
function join(parts: readonly string[], max: number): string {
  const name = parts.join("-");
  const plain = parts.every((part) => part.startsWith("-") || /^[a-z0-9_]+$/.test(part));
  return plain && name.length <= max && !endsLikeHash.test(name) ? name : hashed(name, parts, max);
}

const endsLikeHash = /-[0-9a-f]{8}$/;

function hashed(name: string, parts: readonly string[], max: number): string {
  const hash = createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 8);
  return `${name.slice(0, max - 9).replace(/[-_]+$/, "")}-${hash}`;
}
