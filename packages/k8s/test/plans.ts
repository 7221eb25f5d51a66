import { type AnyTask, createRegistry, Dataset, Pipeline, type PipelineOptions, task } from "@glacier/core";
import fc from "fast-check";
import type { KubernetesCompilation } from "../src/target/compilation.ts";
import type { KubernetesTargetOptions } from "../src/target/options.ts";
import { bucket, bucketProvider } from "./bucket.ts";
import { moduleAsCode, targetWith } from "./code.ts";
import { type Manifest, readManifests } from "./manifests.ts";

/** A pipeline of tasks of any types. */
export function pipelineOf(tasks: readonly unknown[], options?: PipelineOptions, name = "orders"): Pipeline {
  return new Pipeline(name, tasks as readonly AnyTask[] as never, options) as unknown as Pipeline;
}

/** A task that does nothing, of one output: `<name>_out` unless `options` say otherwise. */
export function taskOf(name: string, options: object = {}): AnyTask {
  return task(
    name,
    { output: new Dataset(`${name}_out`), ...options } as never,
    () => null as never,
  ) as unknown as AnyTask;
}

/** Tasks `t0` … of a graph; `dependencies[i]` are below `i`. */
export function tasksOf(dependencies: readonly (readonly number[])[]): AnyTask[] {
  const outputs = dependencies.map((_, i) => new Dataset(`d${i}`));
  return dependencies.map((before, i) => {
    const inputs = Object.fromEntries(before.map((other) => [`in${other}`, outputs[other] as Dataset]));
    return taskOf(`t${i}`, { inputs, output: outputs[i] });
  });
}

/** Random graphs. */
export function dag(maxSize: number): fc.Arbitrary<number[][]> {
  return fc
    .integer({ min: 1, max: maxSize })
    .chain((size) =>
      fc.tuple(
        ...Array.from({ length: size }, (_, i) =>
          i === 0 ? fc.constant<number[]>([]) : fc.subarray([...Array(i).keys()]),
        ),
      ),
    );
}

/** Compiles with code that is no bundle. */
export async function compiled(
  pipeline: Pipeline,
  { tenant, ...options }: Partial<KubernetesTargetOptions> & { tenant?: string } = {},
): Promise<KubernetesCompilation> {
  const target = targetWith(moduleAsCode, { storage: bucket, ...options });
  const registry = createRegistry([bucketProvider]);
  return pipeline.compile({ target, registry, tenant });
}

/** What is emitted. */
export async function manifestsOf(...given: Parameters<typeof compiled>): Promise<Manifest[]> {
  return readManifests(await (await compiled(...given)).forms.manifests());
}

/** The pods that a workflow's templates make, by template, with the containers that Argo adds. */
export function podsOf(
  manifests: readonly Manifest[],
): Record<string, { spec: Manifest["spec"]; template: Manifest["spec"] }> {
  const workflow = manifests.find(({ kind }) => kind === "WorkflowTemplate")?.["spec"];
  const { securityContext, volumes, podSpecPatch, automountServiceAccountToken } = workflow;
  const { containers, initContainers, ...patch } = JSON.parse(podSpecPatch);
  // Without a security context of their own, as its controller makes them by default: workflowpod.go, newExecContainer.
  const argoexec = (name: string) => ({ name, image: "quay.io/argoproj/argoexec:v3.7.0", command: ["argoexec", name] });
  return Object.fromEntries(
    workflow.templates
      .filter(({ container }: { container?: object }) => container !== undefined)
      .map((template: { name: string; container: object; serviceAccountName: string }) => [
        template.name,
        {
          template,
          spec: {
            securityContext,
            volumes,
            automountServiceAccountToken,
            serviceAccountName: template.serviceAccountName,
            ...patch,
            containers: merged([template.container as Named, argoexec("wait")], containers),
            initContainers: merged([argoexec("init")], initContainers),
          },
        },
      ]),
  );
}

interface Named {
  readonly name: string;
}

/** Containers, patched by their names: https://argo-workflows.readthedocs.io/en/latest/fields/#workflowspec (`podSpecPatch`) */
function merged(containers: readonly Named[], patches: readonly Named[]): Named[] {
  return containers.map((one) => ({ ...one, ...patches.find(({ name }) => name === one.name) }));
}
