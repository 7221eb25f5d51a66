import type { Task } from "@aws-sdk/client-ecs";
import { GlacierError, isGlacierError } from "@glacier/core";
import { raceAbort } from "@glacier/core/execute";
import { clusterName, logGroupName, taskFamily } from "../names.ts";
import { containerName, overridesOf } from "../overrides.ts";
import { containerError } from "../runtime/caught.ts";
import type { Clients } from "./clients.ts";
import type { DirectAttempt } from "./direct.ts";
import { serviceError } from "./service-errors.ts";
import type { TaskWatch } from "./task-watch.ts";

/** Subnets and security groups, as ECS takes them. */
export interface Network {
  readonly subnets: string[];
  readonly securityGroups: string[];
  readonly assignPublicIp: "ENABLED" | "DISABLED";
}

/**
 * Looks in a row that may fail or find no task before it is given up; while they fail they are half a minute apart. ECS may know nothing of a task that was just started: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
 */
const mostBlind = 60;

/**
 * Runs one attempt as an ECS task on Fargate; when the signal fires, it is stopped and waited for.
 * Errors: `TASK_CRASHED`, `OUT_OF_MEMORY`, `IMAGE_UNAVAILABLE`, `NOT_FOUND`, `PARAMS_INVALID`, `PERMISSION_DENIED`, `THROTTLED`,
 * `UNAVAILABLE`, the signal's reason. What the task's own code threw is in its segments.
 */
export async function runContainer(
  attempt: DirectAttempt,
  network: Network,
  watch: TaskWatch,
  clients: Clients,
): Promise<void> {
  const { plan, request, signal } = attempt;
  const cluster = clusterName(plan);
  signal.throwIfAborted();
  const arn = await start(attempt, cluster, network, clients);
  let stopping = false;
  for (let blind = 0; ; ) {
    if (signal.aborted && !stopping)
      stopping = await stop(arn, cluster, clients, request.task).catch((failure: GlacierError) => {
        throw runsOn(failure, attempt, byHand(arn, cluster));
      });
    const look = watch.next(arn).then(
      (task) => ({ task, failure: undefined }),
      (failure: GlacierError) => ({ task: undefined, failure }),
    );
    const seen = signal.aborted ? await look : await unlessFired(look, signal);
    if (seen === fired) continue;
    const { task, failure } = seen;
    if (task?.lastStatus === "STOPPED") {
      if (stopping) throw signal.reason;
      const container = task.containers?.find(({ name }) => name === containerName);
      if (container?.exitCode === 0) return;
      throw ended(task, attempt);
    }
    blind = task === undefined ? blind + 1 : 0;
    const hopeless = blind > mostBlind || failure?.retryable === false;
    if (hopeless && failure !== undefined) throw await outOfSight(failure, arn, cluster, clients, request.task);
    if (hopeless) throw gone(request.task, arn);
  }
}

const fired = Symbol("fired");

function unlessFired<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | typeof fired> {
  return raceAbort(promise, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
    return fired;
  });
}

async function start(
  { plan, request, token }: DirectAttempt,
  cluster: string,
  network: Network,
  clients: Clients,
): Promise<string> {
  const family = taskFamily(plan, request.task);
  const { sdk, client } = await clients.ecs();
  const command = new sdk.RunTaskCommand({
    cluster,
    taskDefinition: family,
    launchType: "FARGATE",
    propagateTags: "TASK_DEFINITION",
    count: 1,
    // A repeated request of the SDK's starts no second task.
    clientToken: token,
    networkConfiguration: { awsvpcConfiguration: network },
    overrides: overridesOf(request),
  });
  const { tasks = [], failures = [] } = await client.send(command).catch((error) => {
    throw serviceError(error, {
      what: `start a container of task "${request.task}"`,
      action: `ecs:RunTask on task definition ${family}, ecs:TagResource on tasks of its cluster, and iam:PassRole on its roles`,
      missing: `task "${request.task}" is not deployed here: there is no task definition "${family}" or no cluster "${cluster}"`,
      context: { task: request.task },
    });
  });
  const arn = tasks[0]?.taskArn;
  if (arn !== undefined) return arn;
  const { reason = "no reason given", detail = "" } = failures[0] ?? {};
  throw new GlacierError("UNAVAILABLE", {
    message: `task "${request.task}": ECS starts no container: ${reason} ${detail}`.trimEnd(),
    hint: "Try again; where it lacks capacity or addresses for long, use more subnets or zones.",
    context: { task: request.task },
  });
}

/** Whether it could be told to stop, or the next look is the time to try again. */
async function stop(arn: string, cluster: string, clients: Clients, task: string): Promise<boolean> {
  const { sdk, client } = await clients.ecs();
  try {
    await client.send(new sdk.StopTaskCommand({ cluster, task: arn, reason: "stopped by Glacier" }));
    return true;
  } catch (thrown) {
    const error = serviceError(thrown, {
      what: `stop the container of task "${task}"`,
      action: "ecs:StopTask",
      context: { task },
    });
    if (!error.retryable) throw error;
    return false;
  }
}

/** The container's end as an error. */
function ended(
  { stopCode, stoppedReason, containers = [], taskArn = "" }: Task,
  { plan, request: { task } }: DirectAttempt,
): GlacierError {
  const { code, message, hint, context } = containerError({
    ...(stopCode !== undefined && { StopCode: stopCode }),
    ...(stoppedReason !== undefined && { StoppedReason: stoppedReason }),
    Containers: containers.map(({ name, exitCode, reason }) => ({
      ...(name !== undefined && { Name: name }),
      ...(exitCode !== undefined && { ExitCode: exitCode }),
      ...(reason !== undefined && { Reason: reason }),
    })),
  });
  return new GlacierError(code, {
    message: `task "${task}": ${message}`,
    hint: code === "TASK_CRASHED" ? `${hint} ${logOf(taskFamily(plan, task), taskArn)}` : hint,
    context: { task, ...context },
  });
}

/** What shows a container's last words. They may hold anything, secrets too, so that no error quotes them. */
function logOf(family: string, arn: string): string {
  // awslogs names a stream after its prefix, the container and the task; the prefix is the container's name again.
  const stream = `${containerName}/${containerName}/${arn.split("/").at(-1)}`;
  return `aws logs tail ${logGroupName("ecs", family)} --log-stream-names ${stream}`;
}

/** The error of a container that can't be looked at. It may run on: another attempt would run beside it. */
async function outOfSight(
  failure: GlacierError,
  arn: string,
  cluster: string,
  clients: Clients,
  task: string,
): Promise<GlacierError> {
  const told = await stop(arn, cluster, clients, task).catch(() => false);
  return new GlacierError(failure.code, {
    message: `task "${task}": how its container is can't be seen, and it was ${told ? "told to stop" : "left running"}: ${failure.message}`,
    hint: `${failure.hint} ${byHand(arn, cluster)} Then resume the run.`,
    retryable: false,
    cause: failure,
    context: { ...failure.context, task },
  });
}

/** What a container ends with that can't be stopped: what its signal says, but for another attempt, which would run beside it. */
function runsOn(failure: GlacierError, { request: { task }, signal, warn }: DirectAttempt, hint: string): unknown {
  const { reason } = signal;
  if (!isGlacierError(reason) || !reason.retryable) {
    warn(`the container runs on: ${failure.message}. ${failure.hint} ${hint}`);
    return reason;
  }
  return new GlacierError(reason.code, {
    message: `${reason.message}; its container runs on: ${failure.message}`,
    hint: `${failure.hint} ${hint} Then resume the run.`,
    retryable: false,
    cause: failure,
    context: { ...reason.context, task },
  });
}

function byHand(arn: string, cluster: string): string {
  return `See that it has ended: aws ecs stop-task --cluster ${cluster} --task ${arn}.`;
}

function gone(task: string, arn: string): GlacierError {
  return new GlacierError("TASK_CRASHED", {
    message: `task "${task}": ECS knows nothing of its container any more (${arn})`,
    hint: "ECS forgets a container an hour after its end; was this process asleep? Resume the run.",
    context: { task },
  });
}
