import { GlacierError } from "../errors/index.ts";

/** A plain descriptor of what a task needs to run. */
export interface ComputeResource {
  /** `local`, `container`, `serverless`, or a third party's own. */
  readonly kind: string;
}

/** This machine: in process for one worker, in worker threads for more. */
export interface LocalCompute extends ComputeResource {
  readonly kind: "local";
  /** How many of this kind's tasks may compute side by side, each in a thread of its own. Default 1: in process. */
  readonly workers?: number;
}

/** A container image: Docker, ECS, Cloud Run, Container Instances, a Kubernetes Job. */
export interface ContainerCompute extends ComputeResource {
  readonly kind: "container";
  readonly image: string;
  /** vCPUs; fractions allowed. */
  readonly cpu?: number;
  /** MiB. */
  readonly memory?: number;
  /** How many GPUs. */
  readonly gpu?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A function: an isolated local process, Lambda, Cloud Functions, Azure Functions. */
export interface ServerlessCompute extends ComputeResource {
  readonly kind: "serverless";
  /** MiB. */
  readonly memory?: number;
  /** Seconds; the function's own limit. */
  readonly timeout?: number;
  /** All that the function sees of the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Descriptors of the computes that Glacier names itself. Errors: `OPTION_INVALID`. */
export const compute: {
  local(options?: Omit<LocalCompute, "kind">): LocalCompute;
  container(options: Omit<ContainerCompute, "kind">): ContainerCompute;
  serverless(options?: Omit<ServerlessCompute, "kind">): ServerlessCompute;
} = {
  local: (options) => checked({ kind: "local", ...options }, ["workers"]),
  container: (options) => checked({ kind: "container", ...options }, ["cpu", "memory", "gpu"]),
  serverless: (options) => checked({ kind: "serverless", ...options }, ["memory", "timeout"]),
};

function checked<C extends ComputeResource>(resource: C, amounts: readonly (keyof C & string)[]): C {
  for (const name of amounts) {
    const amount: unknown = resource[name];
    if (amount !== undefined && !(typeof amount === "number" && Number.isFinite(amount) && amount > 0)) {
      throw new GlacierError("OPTION_INVALID", {
        message: `compute.${resource.kind}: ${name} must be a number above 0, not ${String(amount)}`,
        hint: `Give ${name} a positive number, or leave it out.`,
      });
    }
  }
  return resource;
}
