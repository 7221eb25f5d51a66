import { type CompileContext, type Diagnostic, GlacierError, isGlacierError, type Plan } from "@glacier/core";
import { type BuildCode, type BuiltCode, type PackedCode, packCode } from "../code/index.ts";
import { secretsName } from "../names.ts";
import type { Manifest } from "../pod/pod.ts";
import { amounts, mibOf, sizeTask } from "../pod/resources.ts";
import { argoRights, driverRights, serviceAccounts } from "./accounts.ts";
import { cronWorkflow, workflowTemplate } from "./argo.ts";
import { configMaps } from "./code.ts";
import { KubernetesCompilation, type ManifestFiles } from "./compilation.ts";
import { driver, taskPods } from "./driver.ts";
import { namespace, quota } from "./namespace.ts";
import { checkServers, networkPolicies } from "./network.ts";
import type { KubernetesTargetOptions } from "./options.ts";
import { checkStorage } from "./reach.ts";
import { scheduleOf, zoneOf } from "./schedule.ts";
import { Settings, type SizedTask } from "./settings.ts";

/** ConfigMaps that code may take: each is held whole in every node's memory that runs a task. */
const mostParts = 8;

/** What the steps before and after the tasks run on: vCPUs and MiB. */
const steps = amounts(0.5, 512);

/** Compiles a plan. Its code is only built where all else can be deployed. Errors: those of `buildCode`, `OPTION_INVALID` of `transform`. */
export async function compileWith(
  buildCode: BuildCode,
  options: KubernetesTargetOptions,
  plan: Plan,
  context: CompileContext,
): Promise<KubernetesCompilation> {
  const settings = new Settings(options, plan);
  const diagnostics = [
    ...checkStorage(plan, context.registry, options.pod),
    ...checkSchedule(plan),
    ...checkNamespace(settings, options),
    ...checkServers(plan, settings),
    ...checkIdentities(plan, options),
  ];
  const tasks: SizedTask[] = [];
  for (const task of plan.tasks) {
    const sized = sizeTask(task, settings.defaultImage);
    if ("image" in sized) tasks.push({ task, sized });
    else diagnostics.push(...sized.map((error): Diagnostic => ({ severity: "error", error })));
  }
  if (settings.engine === "argo") diagnostics.push(...checkTemplates(tasks, options));
  const failed = (): boolean => diagnostics.some(({ severity }) => severity === "error");
  if (failed()) return new KubernetesCompilation(diagnostics, undefined, options.transform);

  const { pipeline } = plan;
  const built = await buildCode(plan, context, "host");
  const packed = await packCode(built.files);
  diagnostics.push(...told(built), ...checkSize(packed, pipeline), ...remarks(plan, settings), ...checkMasking(tasks));
  const code = configMaps("code", packed, settings);
  const shared = sharedFiles(plan, tasks, code.manifests, settings);
  const site = settings.site(code.names);
  let files: ManifestFiles;
  if (settings.engine === "driver") {
    // Apart from the tasks' own: the cluster's client is much larger than most tasks.
    const { files: texts } = await buildCode(plan, context, "driver");
    const own = await packCode({ ...texts, "pods.json": JSON.stringify(taskPods(tasks, settings, site)) });
    diagnostics.push(...checkSize(own, pipeline));
    const maps = configMaps("driver", own, settings);
    files = {
      ...shared,
      "driver-code.yaml": maps.manifests,
      "driver.yaml": [driver(plan, steps, settings, settings.site(maps.names), options.transform)],
    };
  } else {
    const { schedule } = plan;
    files = {
      ...shared,
      "workflow.yaml": [workflowTemplate(plan, tasks, steps, settings, site)],
      "schedule.yaml":
        schedule === undefined ? [] : [cronWorkflow({ ...schedule, timeZone: zoneOf(schedule.timeZone) }, settings)],
    };
  }
  return new KubernetesCompilation(diagnostics, failed() ? undefined : files, options.transform);
}

/** What both engines have. */
function sharedFiles(
  plan: Plan,
  tasks: readonly SizedTask[],
  code: readonly Manifest[],
  settings: Settings,
): ManifestFiles {
  const names = tasks.map(({ task }) => task.name);
  return {
    "namespace.yaml": settings.createNamespace ? [namespace(settings)] : [],
    "quota.yaml": settings.createNamespace ? quota(tasks, steps, settings) : [],
    "service-accounts.yaml": serviceAccounts(names, settings),
    "rbac.yaml": settings.engine === "driver" ? driverRights(settings) : argoRights(settings),
    "network.yaml": networkPolicies(plan, settings),
    "code.yaml": code,
  };
}

function checkSchedule({ schedule }: Plan): Diagnostic[] {
  try {
    if (schedule !== undefined) {
      scheduleOf(schedule.cron);
      zoneOf(schedule.timeZone);
    }
    return [];
  } catch (error) {
    if (!isGlacierError(error)) throw error;
    return [{ severity: "error", error }];
  }
}

function checkNamespace({ namespace, createNamespace }: Settings, { pod }: KubernetesTargetOptions): Diagnostic[] {
  if (!createNamespace) return [];
  if (/^(default|kube-.*)$/.test(namespace)) {
    const message = `the namespace "${namespace}" is the cluster's own: with its standard, quota and limits this deployment would change it`;
    const hint = 'Give another name as the option "namespace", or createNamespace: false.';
    return [{ severity: "error", error: new GlacierError("OPTION_INVALID", { message, hint }) }];
  }
  if (pod?.["hostNetwork"] !== true) return [];
  const message =
    "the deployment's own namespace takes no pods on the host's network, which the restricted standard forbids";
  const hint = "Give the name of a namespace that does, and createNamespace: false.";
  return [{ severity: "warning", error: new GlacierError("OPTION_INVALID", { message, hint }) }];
}

function checkIdentities({ tasks }: Plan, { identity }: KubernetesTargetOptions): Diagnostic[] {
  return Object.keys(identity?.tasks ?? {})
    .filter((name) => !tasks.some((task) => task.name === name))
    .map((name): Diagnostic => {
      const message = `the option "identity" is about a task "${name}", which there is not`;
      const hint = `The tasks are ${tasks.map((task) => task.name).join(", ")}.`;
      return { severity: "error", error: new GlacierError("OPTION_INVALID", { message, hint }) };
    });
}

/** Argo replaces what is in double braces wherever it stands. */
function checkTemplates(tasks: readonly SizedTask[], { pod }: KubernetesTargetOptions): Diagnostic[] {
  const replaced = (where: string, task?: string): Diagnostic => {
    const message = `${where} has "{{" in it, which Argo would replace`;
    const hint = 'Give the text by a secret or by the image, or use engine: "driver".';
    const context = task === undefined ? {} : { task };
    return { severity: "error", error: new GlacierError("OPTION_INVALID", { message, hint, context }) };
  };
  const found = tasks.flatMap(({ task: { name }, sized: { env, image } }) => [
    ...(image.includes("{{") ? [replaced(`the image of task "${name}"`, name)] : []),
    ...Object.entries(env)
      .filter(([, value]) => value.includes("{{"))
      .map(([variable]) => replaced(`variable ${variable} of task "${name}"`, name)),
  ]);
  return JSON.stringify(pod ?? {}).includes("{{") ? [...found, replaced('the option "pod"')] : found;
}

/** What the bundler warns of. */
function told({ warnings }: BuiltCode): Diagnostic[] {
  return warnings.map(({ message, file, line }): Diagnostic => {
    const where = file === undefined ? "" : `${file}${line === undefined ? "" : `:${line}`}: `;
    const hint = "The bundle was made all the same; what runs of it may fail, or differ, where it is deployed.";
    return { severity: "warning", error: new GlacierError("BUNDLE_FAILED", { message: `${where}${message}`, hint }) };
  });
}

function checkSize({ bytes, parts }: PackedCode, pipeline: string): Diagnostic[] {
  if (parts.length <= mostParts) return [];
  const error = new GlacierError("BUNDLE_FAILED", {
    message: `the code of pipeline "${pipeline}" is ${(bytes / 2 ** 20).toFixed(1)} MiB, compressed, with its source map: more than ${mostParts} ConfigMaps hold`,
    hint: "See what is in the bundle: a large package, or data that belongs into a dataset. Or put the package into an image of your own.",
    context: { pipeline },
  });
  return [{ severity: "error", error }];
}

/** MiB, of which the process that masks secrets leaves enough. */
const leastMasked = 256;

function checkMasking(tasks: readonly SizedTask[]): Diagnostic[] {
  const small = tasks.filter(
    ({ task, sized }) => Object.keys(task.secrets).length > 0 && mibOf(sized.resources) < leastMasked,
  );
  return small.map(({ task: { name } }): Diagnostic => {
    const message = `task "${name}" has less than ${leastMasked} MiB, of which the process that masks its secrets takes about 90`;
    const hint = "Raise compute.container({ memory }).";
    return {
      severity: "warning",
      error: new GlacierError("OPTION_INVALID", { message, hint, context: { task: name } }),
    };
  });
}

/** What whoever deploys it has to do, and what Argo has no words for. */
function remarks({ tasks }: Plan, settings: Settings): Diagnostic[] {
  const found: Diagnostic[] = [];
  const inform = (message: string, hint: string): void => {
    found.push({ severity: "info", error: new GlacierError("UNSUPPORTED", { message, hint }) });
  };
  const secrets = [...new Set(tasks.flatMap((task) => Object.values(task.secrets)))].sort();
  if (secrets.length > 0) {
    const name = secretsName(settings.deployment);
    inform(
      `the tasks look for ${secrets.join(", ")} in the Secret "${name}", which is not among the manifests`,
      `Make it: kubectl create secret generic ${name} --namespace ${settings.namespace} ${secrets.map((key) => `--from-literal=${key}=…`).join(" ")}`,
    );
  }
  const inexact = tasks.filter(({ retry }) => retry.max > 0 && !Number.isInteger(retry.factor));
  if (inexact.length > 0 && settings.engine === "argo") {
    inform(
      `Argo waits before the retries of ${inexact.map(({ name }) => `"${name}"`).join(", ")} with a whole factor`,
      "Nothing needs to be done.",
    );
  }
  return found;
}
