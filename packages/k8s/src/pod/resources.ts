import { type ContainerCompute, type ErrorCode, GlacierError, type PlanTask } from "@glacier/core";
import { variables } from "../deployment.ts";

/** Amounts by resource name, as Kubernetes writes them; requests and limits alike. */
export type Resources = Readonly<Record<string, string>>;

/** What a task gets to run on. */
export interface Sized {
  readonly image: string;
  readonly resources: Resources;
  readonly env: Readonly<Record<string, string>>;
}

/** vCPUs and MiB of a task that names none. */
export const defaultSize = { cpu: 1, memory: 2048 } as const;

/** Sizes a task as a cluster can run it. Every mistake at once: `COMPUTE_UNSUPPORTED`, `OPTION_INVALID`. */
export function sizeTask(task: PlanTask, defaultImage: string): Sized | readonly GlacierError[] {
  const compute = task.compute ?? { kind: "container", image: defaultImage };
  const mistakes: GlacierError[] = [];
  const refuse = (code: ErrorCode, message: string, hint: string): void => {
    const context = { task: task.name, kind: compute.kind };
    mistakes.push(new GlacierError(code, { message: `task "${task.name}" ${message}`, hint, context }));
  };
  if (compute.kind !== "container") {
    refuse(
      "COMPUTE_UNSUPPORTED",
      `needs ${what.get(compute.kind) ?? `${compute.kind} compute`}`,
      hints.get(compute.kind) ?? fix,
    );
    return mistakes;
  }
  const { image, cpu = defaultSize.cpu, memory = defaultSize.memory, gpu, env = {} } = compute as ContainerCompute;
  if (gpu !== undefined && !Number.isInteger(gpu))
    refuse("COMPUTE_UNSUPPORTED", `asks for ${gpu} GPUs, and a pod gets whole ones`, "Give gpu an integer.");
  const own = new Set<string>(Object.values(variables));
  const taken = Object.keys(env).filter((name) => own.has(name) || name.startsWith(variables.secret));
  if (taken.length > 0)
    refuse(
      "OPTION_INVALID",
      `sets ${taken.sort().join(", ")}, which Glacier sets itself`,
      "Leave them out of compute.env.",
    );
  // https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#environment-variables
  const illegal = Object.keys(env).filter((name) => !/^[A-Za-z_.-][A-Za-z0-9_.-]*$/.test(name));
  if (illegal.length > 0)
    refuse(
      "OPTION_INVALID",
      `sets variables whose names Kubernetes doesn't take: ${illegal
        .sort()
        .map((name) => JSON.stringify(name))
        .join(", ")}`,
      'Use letters, digits, "_", "-" and ".", without a digit first.',
    );
  return mistakes.length > 0 ? mistakes : { image, resources: amounts(cpu, memory, gpu), env };
}

/** Amounts as the API server itself writes them: so that what is applied is what is read back. */
export function amounts(cpu: number, memory: number, gpu?: number): Resources {
  const milli = Math.max(1, Math.ceil(cpu * 1000));
  return {
    cpu: milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`,
    memory: mebibytes(memory),
    ...(gpu !== undefined && { "nvidia.com/gpu": String(gpu) }),
  };
}

/** MiB, likewise. */
export function mebibytes(amount: number): string {
  const mib = Math.max(1, Math.ceil(amount));
  return mib % 1024 === 0 ? `${mib / 1024}Gi` : `${mib}Mi`;
}

/** MiB of what {@link amounts} wrote. */
export function mibOf({ memory = "0" }: Resources): number {
  const amount = Number.parseInt(memory, 10);
  return memory.endsWith("Gi") ? amount * 1024 : amount;
}

const fix = "Give it compute.container({ image }), or none: then it runs on defaultImage.";
const what: ReadonlyMap<string, string> = new Map([
  ["local", "local compute, which is the machine that starts the run: a cluster has no such thing"],
  ["serverless", "serverless compute: Kubernetes has no functions"],
]);
const hints: ReadonlyMap<string, string> = new Map([["serverless", `Use container instead. ${fix}`]]);
