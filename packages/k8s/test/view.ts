import type { Artifacts, Plan } from "@glacier/core";
import type { TargetView } from "@glacier/testkit";
import { type Manifest, ofKind, readCode, readManifests } from "./manifests.ts";

interface Template {
  readonly name: string;
  readonly container?: {
    readonly env: readonly {
      readonly name: string;
      readonly value?: string;
      readonly valueFrom?: { readonly secretKeyRef: { readonly key: string } };
    }[];
  };
  readonly dag?: {
    readonly tasks: readonly { readonly name: string; readonly template: string; readonly depends?: string }[];
  };
}

/** What the emitted workflow says, for the conformance kit. */
export function argoView(artifacts: Artifacts): TargetView {
  const manifests = readManifests(artifacts);
  const [workflow] = ofKind(manifests, "WorkflowTemplate");
  const templates: readonly Template[] = workflow?.["spec"].templates;
  const [cron] = ofKind(manifests, "CronWorkflow");
  const env = (task: string) => templateOf(templates, task)?.container?.env ?? [];
  return {
    tasks: graphOf(templates),
    names: namesOf(manifests, templates),
    ...(cron !== undefined && { schedule: { cron: cron["spec"].schedules[0], timeZone: cron["spec"].timezone } }),
    // Skipped: see the suite.
    may: () => false,
    secrets: (task) => env(task).flatMap(({ valueFrom }) => valueFrom?.secretKeyRef.key ?? []),
  };
}

/** What the emitted driver is told, for the conformance kit: it runs the plan that is in its code. */
export function driverView(artifacts: Artifacts): TargetView {
  const manifests = readManifests(artifacts);
  const files = readCode(manifests, "driver");
  const plan = JSON.parse(files["plan.json"] ?? "") as Plan;
  const pods = JSON.parse(files["pods.json"] ?? "") as Record<string, Manifest>;
  const [cron] = ofKind(manifests, "CronJob");
  return {
    tasks: Object.fromEntries(
      Object.keys(pods).map((name) => [
        name,
        { after: plan.edges.filter(({ to }) => to === name).map(({ from }) => from) },
      ]),
    ),
    names: [
      ...namesOf(manifests, []),
      ...Object.values(pods).flatMap(({ spec, labels }) => {
        expectAccount(manifests, spec.serviceAccountName);
        return Object.values(labels as Record<string, string>).map((name, i) => ({
          what: `label ${i} of ${spec.serviceAccountName}`,
          name,
          legal: /([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?/,
          maxLength: 63,
        }));
      }),
    ],
    ...(cron !== undefined && { schedule: { cron: cron["spec"].schedule, timeZone: cron["spec"].timeZone } }),
    // Skipped: see the suite.
    may: () => false,
    secrets: (task) => {
      const env = (pods[task]?.["spec"].containers[0].env ?? []) as NonNullable<Template["container"]>["env"];
      return env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef.key ?? []);
    },
  };
}

function expectAccount(manifests: readonly Manifest[], name: string): void {
  if (!ofKind(manifests, "ServiceAccount").some(({ metadata }) => metadata.name === name))
    throw new Error(`there is no account "${name}"`);
}

/** Tasks by their own names, with the tasks that each waits for. */
export function graphOf(templates: readonly Template[]): Record<string, { after: string[] }> {
  const nodes = templates.find(({ dag }) => dag !== undefined)?.dag?.tasks ?? [];
  const taskOf = (node: string): string | undefined => {
    const template = nodes.find(({ name }) => name === node)?.template;
    return templates.find(({ name }) => name === template)?.container?.env.find(({ name }) => name === "GLACIER_TASK")
      ?.value;
  };
  return Object.fromEntries(
    nodes.flatMap(({ name, depends }) => {
      const task = taskOf(name);
      if (task === undefined) return [];
      const waits = depends?.split(" && ").map((one) => one.replace(/\.Succeeded$/, "")) ?? [];
      return [[task, { after: waits.flatMap((one) => taskOf(one) ?? []) }]];
    }),
  );
}

function templateOf(templates: readonly Template[], task: string): Template | undefined {
  return templates.find(({ container }) =>
    container?.env.some(({ name, value }) => name === "GLACIER_TASK" && value === task),
  );
}

function namesOf(manifests: readonly Manifest[], templates: readonly Template[]): TargetView["names"][number][] {
  const label = { legal: /[a-z0-9]([-a-z0-9]*[a-z0-9])?/, maxLength: 63 };
  const subdomain = { legal: /[a-z0-9]([-a-z0-9.]*[a-z0-9])?/, maxLength: 253 };
  const objects = manifests.map(({ kind, metadata: { name, namespace } }) => ({
    what: namespace === undefined ? kind : `${kind} in ${namespace}`,
    name,
    ...(kind === "Secret" ? subdomain : label),
    ...(["CronWorkflow", "CronJob"].includes(kind) && { maxLength: 52 }),
    ...(kind === "WorkflowTemplate" && { maxLength: 57 }),
    global: true,
  }));
  const labels = manifests.flatMap(({ metadata, kind }) =>
    Object.values(metadata.labels ?? {}).map((name, i) => ({
      what: `label ${i} of ${kind} ${metadata.name}`,
      name,
      legal: /([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?/,
      maxLength: 63,
    })),
  );
  // https://github.com/argoproj/argo-workflows/blob/main/workflow/validate/validate.go: names of fields
  const argo = { legal: /[a-zA-Z0-9][-a-zA-Z0-9]*/, maxLength: 128 };
  const nodes = templates.flatMap(({ dag }) => dag?.tasks ?? []);
  return [
    ...objects,
    ...labels,
    ...templates.map(({ name }) => ({ what: "template", name, ...argo })),
    ...nodes.map(({ name }) => ({ what: "step", name, ...argo })),
  ];
}
