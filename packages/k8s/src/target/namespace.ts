import type { Manifest } from "../pod/pod.ts";
import { amounts, mibOf, type Resources } from "../pod/resources.ts";
import { ownSize } from "./argo.ts";
import type { Settings, SizedTask } from "./settings.ts";

/** A namespace whose pods must pass the restricted standard. https://kubernetes.io/docs/concepts/security/pod-security-admission/ */
export function namespace(settings: Settings): Manifest {
  const modes = ["audit", "enforce", "warn"];
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: settings.namespace,
      labels: {
        ...settings.labels("shared"),
        ...Object.fromEntries(modes.map((mode) => [`pod-security.kubernetes.io/${mode}`, "restricted"])),
      },
    },
  };
}

/** Room for one run with every task at once, and what containers get that say nothing. */
export function quota(tasks: readonly SizedTask[], steps: Resources, settings: Settings): Manifest[] {
  const sizes = [...tasks.map(({ sized }) => sized.resources), steps];
  const all = [...sizes, ...(settings.engine === "argo" ? sizes.map(() => ownSize) : [])];
  const { cpu, memory } = amounts(
    sum(all, "cpu", milli) / 1000,
    all.reduce((total, size) => total + mibOf(size), 0),
  );
  const gpus = sum(sizes, "nvidia.com/gpu", Number);
  return [
    {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: settings.metadata(settings.name, "shared"),
      spec: {
        hard: {
          "limits.cpu": cpu,
          "limits.memory": memory,
          pods: String(sizes.length),
          "requests.cpu": cpu,
          "requests.memory": memory,
          "requests.nvidia.com/gpu": String(gpus),
        },
      },
    },
    {
      apiVersion: "v1",
      kind: "LimitRange",
      metadata: settings.metadata(settings.name, "shared"),
      spec: { limits: [{ type: "Container", default: ownSize, defaultRequest: ownSize }] },
    },
  ];
}

function sum(sizes: readonly Resources[], name: string, read: (text: string) => number): number {
  return sizes.reduce((total, size) => total + read(size[name] ?? "0"), 0);
}

function milli(cpu: string): number {
  return cpu.endsWith("m") ? Number(cpu.slice(0, -1)) : Number(cpu) * 1000;
}
