import type { ContainerCompute, Diagnostic, PlanTask, ServerlessCompute } from "@glacier/core";
import { limitOf } from "@glacier/core/execute";
import { containerEnv, functionEnv } from "./env.ts";
import { fargatePage, fargateSizes, leastFunctionMemory, limits, remark } from "./limits.ts";

/** What a task gets to run on. */
export type Sized = SizedFunction | SizedContainer;

/** A Lambda function's size. */
export interface SizedFunction {
  readonly kind: "function";
  /** MB. */
  readonly memory: number;
  /** Seconds that an attempt may take. */
  readonly limit: number | undefined;
  /** Seconds: the function's own, longer than `limit` where it can be, so that the attempt itself tells of its timeout. */
  readonly timeout: number;
  readonly env: Readonly<Record<string, string>>;
}

/** A Fargate task's size. */
export interface SizedContainer {
  readonly kind: "container";
  readonly image: string;
  /** CPU units. */
  readonly cpu: number;
  /** MiB. */
  readonly memory: number;
  readonly limit: number | undefined;
  readonly env: Readonly<Record<string, string>>;
}

/** What a task without sizes gets. */
const defaultFunctionMemory = 1024;
const defaultContainer = { cpu: 0.5, memory: 1024 };
/** Seconds that a function outlives its attempt's timeout. */
const grace = 5;

/** Sizes a task as AWS can run it; undefined where it can't, which `report` is told of. */
export function sizeTask(task: PlanTask, report: (remark: Diagnostic) => void): Sized | undefined {
  const compute = task.compute ?? { kind: "serverless" };
  const refused: Diagnostic[] = [];
  const refuse = (message: string, hint: string): void => {
    refused.push(
      remark("error", "COMPUTE_UNSUPPORTED", `task "${task.name}" ${message}`, hint, {
        task: task.name,
        kind: compute.kind,
      }),
    );
  };
  const inform = (message: string, hint: string): void =>
    report(remark("info", "COMPUTE_UNSUPPORTED", `task "${task.name}" ${message}`, hint, { task: task.name }));
  let sized: Sized | undefined;
  if (compute.kind === "serverless") sized = sizeFunction(task, compute as ServerlessCompute, refuse, inform);
  else if (compute.kind === "container") sized = sizeContainer(task, compute as ContainerCompute, refuse, inform);
  else {
    const what =
      compute.kind === "local" ? "local compute, which is the machine that starts the run" : `${compute.kind} compute`;
    refuse(
      `needs ${what}: AWS has no such thing`,
      "Give it compute.serverless(), compute.container({ image }), or none: then it is a Lambda function.",
    );
  }
  for (const one of refused) report(one);
  return refused.length === 0 ? sized : undefined;
}

/** Tells of a remark: what, and what to do. */
export type Say = (message: string, hint: string) => void;

function sizeFunction(task: PlanTask, compute: ServerlessCompute, refuse: Say, inform: Say): SizedFunction {
  const { functionMemory, functionTimeout } = limits;
  if (task.form === "command") {
    refuse(
      "runs a command, and a Lambda function has no image that it could be in",
      "Give it compute.container({ image }).",
    );
  }
  const wanted = Math.ceil(compute.memory ?? defaultFunctionMemory);
  if (wanted > functionMemory.max) {
    refuse(
      `asks for ${wanted} MB, and a Lambda function has at most ${functionMemory.max} (${functionMemory.page})`,
      "Ask for less, or give it compute.container({ image, memory }).",
    );
  }
  const memory = Math.max(wanted, leastFunctionMemory);
  if (memory !== wanted)
    inform(
      `gets ${memory} MB: Lambda has no smaller function`,
      `Nothing needs to be done; ${functionMemory.page} has the sizes.`,
    );
  const limit = limitOf(task);
  if (limit !== undefined && limit > functionTimeout.max) {
    refuse(
      `may take ${limit} s, and a Lambda function at most ${functionTimeout.max} (${functionTimeout.page})`,
      "Give it a shorter timeout, or compute.container({ image }).",
    );
  }
  const env = functionEnv(compute.env, refuse);
  const timeout = Math.min(functionTimeout.max, limit === undefined ? functionTimeout.max : Math.ceil(limit) + grace);
  return { kind: "function", memory, limit, timeout, env };
}

function sizeContainer(
  task: PlanTask,
  compute: ContainerCompute,
  refuse: Say,
  inform: Say,
): SizedContainer | undefined {
  // It stands in a Dockerfile.
  if (!/^\w[\w./:@-]*$/.test(compute.image)) {
    refuse(
      "has a container whose image is no name of an image",
      'Give a name as Docker has it, with a version or a digest: "node:24-slim", "registry.acme.example/train:3".',
    );
  }
  if (compute.gpu !== undefined) {
    refuse(
      "asks for a GPU, which Fargate doesn't have",
      "Leave gpu out, or run this task where GPUs are: Kubernetes, or Docker with LocalExecutor.",
    );
  }
  const env = containerEnv(compute.env, refuse);
  const cpu = Math.ceil((compute.cpu ?? 0) * 1024) || (compute.memory === undefined ? defaultContainer.cpu * 1024 : 0);
  const memory = compute.memory ?? (compute.cpu === undefined ? defaultContainer.memory : 0);
  const size = fargateSizes
    .filter((one) => one.cpu >= cpu)
    .flatMap((one) =>
      one.memory
        .filter((mib) => mib >= memory)
        .slice(0, 1)
        .map((mib) => ({ cpu: one.cpu, memory: mib })),
    )
    .at(0);
  if (size === undefined) {
    refuse(
      `asks for ${compute.cpu ?? "any"} vCPU and ${compute.memory ?? "any"} MiB, and Fargate has no task of that size (${fargatePage})`,
      "Ask for up to 16 vCPU and 122,880 MiB.",
    );
    return undefined;
  }
  const asked = [compute.cpu === undefined ? size.cpu : compute.cpu * 1024, compute.memory ?? size.memory];
  if (asked[0] !== size.cpu || asked[1] !== size.memory) {
    inform(
      `gets ${size.cpu / 1024} vCPU and ${size.memory} MiB: the next size that Fargate has`,
      `Nothing needs to be done; ${fargatePage} has the sizes.`,
    );
  }
  return { kind: "container", image: compute.image, ...size, limit: limitOf(task), env };
}
