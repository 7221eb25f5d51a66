import type { Plan, PlanTask } from "@glacier/core";
import { exitCodes, variables } from "../deployment.ts";
import { deploymentName, longestJobName, longestTemplateName, templateName } from "../names.ts";
import { container, folders, grace, type Manifest, type PodSite, podSecurity, taskEnv, volumes } from "../pod/pod.ts";
import { amounts, type Resources } from "../pod/resources.ts";
import { beginStep, ownRunId, runFile } from "../runtime/steps.ts";
import { scheduleOf } from "./schedule.ts";
import { clock, type Settings, type SizedTask } from "./settings.ts";

/** Templates of a workflow's own: no task's has such a name. */
const own = { entry: "run--tasks", begin: beginStep, finish: "run--finish" } as const;

/** Seconds that a finished workflow stays to be looked at. */
const keptFor = 7 * 24 * 60 * 60;

/** Bytes of Argo's list of failures that the last step gets: in base64 a variable has room for them, and Argo for its own copy. */
const longestFailures = 60_000;

/** Of the steps before and after the tasks: a lost node, or storage that doesn't answer for a moment, ends no run. */
const stepRetry: Retry = { max: 3, delay: 10, factor: 2, maxDelay: 60 };

/**
 * The pipeline as a workflow: each task waits for exactly those that it takes data from.
 * https://argo-workflows.readthedocs.io/en/latest/fields/, https://argo-workflows.readthedocs.io/en/latest/enhanced-depends-logic/
 */
export function workflowTemplate(
  plan: Plan,
  tasks: readonly SizedTask[],
  steps: Resources,
  settings: Settings,
  site: PodSite,
): Manifest {
  const step = (role: string, env: readonly Manifest[]) => ({
    ...waiting(settings),
    metadata: { labels: settings.podLabels("engine") },
    serviceAccountName: settings.engineAccount,
    retryStrategy: retryOf(stepRetry),
    container: container(
      { image: settings.defaultImage, resources: steps, role, env: [...folders, ...ids, ...env] },
      site,
    ),
  });
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "WorkflowTemplate",
    metadata: settings.metadata(deploymentName(settings.deployment, longestTemplateName), "engine"),
    spec: {
      entrypoint: own.entry,
      onExit: own.finish,
      arguments: {
        parameters: [
          { name: "params", value: settings.params },
          { name: "run-id", value: ownRunId },
        ],
      },
      automountServiceAccountToken: false,
      executor: { serviceAccountName: settings.engineAccount },
      podSpecPatch: JSON.stringify({
        enableServiceLinks: false,
        terminationGracePeriodSeconds: grace,
        ...site.pod,
        containers: [ownContainer("wait")],
        initContainers: [ownContainer("init")],
      }),
      securityContext: podSecurity(site),
      serviceAccountName: settings.engineAccount,
      ttlStrategy: { secondsAfterCompletion: keptFor },
      volumes: volumes(site),
      templates: [
        { name: own.entry, dag: { tasks: [{ name: own.begin, template: own.begin }, ...graphOf(plan)] } },
        {
          name: own.begin,
          ...step("begin", [{ name: variables.params, value: "{{=toBase64(workflow.parameters.params)}}" }]),
          outputs: { parameters: [{ name: "run", valueFrom: { path: `/tmp/${runFile}` } }] },
        },
        ...tasks.map((task) => taskTemplate(task, settings, site)),
        {
          name: own.finish,
          ...step("finish", [
            { name: variables.failures, value: `{{=toBase64(workflow.failures[:${longestFailures}])}}` },
            { name: variables.status, value: "{{workflow.status}}" },
          ]),
        },
      ],
    },
  };
}

/** What starts the workflow by the clock. */
export function cronWorkflow({ cron, timeZone }: NonNullable<Plan["schedule"]>, settings: Settings): Manifest {
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "CronWorkflow",
    metadata: settings.metadata(deploymentName(settings.deployment, longestJobName), "engine"),
    spec: {
      ...clock,
      schedules: [scheduleOf(cron)],
      timezone: timeZone,
      workflowMetadata: { labels: settings.labels("engine") },
      workflowSpec: { workflowTemplateRef: { name: deploymentName(settings.deployment, longestTemplateName) } },
    },
  };
}

/** vCPUs and MiB of each of Argo's own containers; of the two in a pod one runs beside the task. */
export const ownSize: Resources = amounts(0.1, 256);

/**
 * What Argo's own containers lack for the restricted Pod Security Standard, unless its controller is told to give it to them.
 * https://argo-workflows.readthedocs.io/en/latest/workflow-controller-configmap/ (`executor`)
 */
function ownContainer(name: "init" | "wait"): Manifest {
  return {
    name,
    resources: { limits: ownSize, requests: ownSize },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, privileged: false },
  };
}

/** Argo's own expressions, which it replaces before it makes a pod. */
const ids: readonly Manifest[] = [
  { name: variables.runId, value: "{{workflow.parameters.run-id}}" },
  { name: variables.workflow, value: "{{workflow.name}}" },
];

function graphOf({ tasks, edges }: Plan): Manifest[] {
  return tasks.map(({ name }) => {
    const before = edges.filter(({ to }) => to === name).map(({ from }) => templateName(from));
    // The first tasks wait for the run's beginning, and so all others do.
    const waits = before.length === 0 ? [own.begin] : [...new Set(before)].sort();
    return {
      name: templateName(name),
      template: templateName(name),
      depends: waits.map((one) => `${one}.Succeeded`).join(" && "),
      arguments: { parameters: [{ name: "run", value: `{{tasks.${own.begin}.outputs.parameters.run}}` }] },
    };
  });
}

function taskTemplate({ task, sized }: SizedTask, settings: Settings, site: PodSite): Manifest {
  const env = [
    ...taskEnv(task, sized.env, site.secrets),
    { name: variables.run, value: "{{inputs.parameters.run}}" },
    { name: variables.retries, value: "{{retries}}" },
  ];
  const { image, resources } = sized;
  return {
    name: templateName(task.name),
    inputs: { parameters: [{ name: "run" }] },
    metadata: { labels: settings.podLabels("task", task.name) },
    serviceAccountName: settings.taskAccount(task.name),
    ...(task.timeout !== undefined && { activeDeadlineSeconds: Math.ceil(task.timeout) + grace }),
    ...waiting(settings),
    retryStrategy: retryOf(task.retry),
    container: container({ image, resources, role: "task", env }, site),
  };
}

/** Argo knows it since 4.1, and has no bound of its own. */
function waiting({ pendingTimeout }: Settings): Manifest {
  return pendingTimeout === undefined ? {} : { pendingTimeout: `${pendingTimeout}s` };
}

type Retry = Pick<PlanTask["retry"], "max" | "delay" | "factor" | "maxDelay">;

/** https://argo-workflows.readthedocs.io/en/latest/retries/ */
function retryOf({ max, delay, factor, maxDelay }: Retry): Manifest {
  const wholeFactor = Math.max(1, Math.round(factor));
  // Argo knows it since 3.7; where it is never reached it isn't said.
  const capped = delay * wholeFactor ** (max - 1) > maxDelay;
  return {
    limit: String(max),
    retryPolicy: "Always",
    expression: retryExpression,
    ...(max > 0 &&
      delay > 0 && {
        backoff: { duration: `${delay}s`, factor: String(wholeFactor), ...(capped && { cap: `${maxDelay}s` }) },
      }),
  };
}

/**
 * As errors are retryable or not: what Argo itself calls an error (a lost node, a deleted pod) is tried again, and so is what
 * was killed, unless for the memory that it took.
 */
const retryExpression = `lastRetry.status == "Error" || asInt(lastRetry.exitCode) != ${exitCodes.failedForGood} && not (lastRetry.message contains "OOMKilled")`;
