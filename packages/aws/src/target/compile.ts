import type { CompileContext, Diagnostic, GlacierError, Plan } from "@glacier/core";
import type { BuildCode } from "../code/types.ts";
import { buildModel, type Prepared } from "./build.ts";
import { checkCharacters } from "./cloudformation/characters.ts";
import { templateOf } from "./cloudformation/index.ts";
import { checkTemplate } from "./cloudformation/size.ts";
import { AWSCompilation } from "./compilation.ts";
import { type Sized, sizeTask } from "./compute.ts";
import { limits, remark } from "./limits.ts";
import type { Model } from "./model.ts";
import type { AWSTargetOptions } from "./options.ts";
import { checkStorage } from "./reach.ts";
import { checkS3Names } from "./s3-names.ts";
import { checkTimeZone, schedulesOf } from "./schedule.ts";
import { type Settings, settingsOf } from "./settings.ts";
import { stateMachineOf } from "./state-machine.ts";
import { jsonOf } from "./text.ts";

/** Compiles a plan. Its code is only built where all else can be deployed. Errors: those of `buildCode`. */
export async function compileWith(
  buildCode: BuildCode,
  options: AWSTargetOptions,
  plan: Plan,
  context: CompileContext,
): Promise<AWSCompilation> {
  const settings = settingsOf(options, plan);
  const diagnostics: Diagnostic[] = [];
  const report = (one: Diagnostic): void => void diagnostics.push(one);
  const failed = (): boolean => diagnostics.some(({ severity }) => severity === "error");

  const prepared = prepare(plan, context, settings, report);
  if (prepared === undefined || failed()) return new AWSCompilation(diagnostics, undefined, settings.transform);
  const code = await buildCode(plan, context);
  for (const one of code.remarks ?? []) report(one);
  for (const one of checkKey(plan, settings)) report(one);
  const model = buildModel(plan, prepared, code, settings, report);
  checkCloudFormation(model, report);
  return new AWSCompilation(diagnostics, failed() ? undefined : model, settings.transform);
}

function prepare(
  plan: Plan,
  { registry }: CompileContext,
  settings: Settings,
  report: (remark: Diagnostic) => void,
): Prepared | undefined {
  for (const one of checkStorage(plan.datasets, registry)) report(one);
  for (const one of checkS3Names(plan.datasets, settings)) report(one);
  const schedules = checkedSchedules(plan, report);
  const sizes = new Map<string, Sized>();
  for (const task of plan.tasks) {
    const sized = sizeTask(task, report);
    if (sized !== undefined) sizes.set(task.name, sized);
  }
  if (sizes.size < plan.tasks.length) return undefined;
  const machine = stateMachineOf(plan, sizes, settings);
  for (const { tasks, waitFor } of machine.barriers) {
    report(
      remark(
        "info",
        "UNSUPPORTED",
        `${tasks.join(", ")} ${tasks.length === 1 ? "waits" : "wait"} for ${waitFor.join(", ")}: Step Functions has no free graphs, and this one does not nest`,
        "Nothing needs to be done. Where that wait costs too much, another split of the tasks may nest.",
      ),
    );
  }
  checkMachine(machine, plan.pipeline, report);
  return { sizes, machine, schedules };
}

function checkMachine(
  { definition, events: { least, most } }: Prepared["machine"],
  pipeline: string,
  report: (remark: Diagnostic) => void,
): void {
  // Of lists that whoever deploys it gives, there is one of each at least.
  const bytes = Buffer.byteLength(jsonOf(definition, (part) => ("parts" in part ? "" : ["subnet-0123456789abcdef0"])));
  if (bytes > limits.definition.max) {
    report(
      remark(
        "error",
        "UNSUPPORTED",
        `the state machine of "${pipeline}" is ${bytes} bytes, and Step Functions takes ${limits.definition.max} (${limits.definition.page})`,
        "Split the pipeline in two: the second takes as sources what the first makes.",
      ),
    );
  }
  if (most <= limits.history.max) return;
  report(
    remark(
      least > limits.history.max ? "error" : "warning",
      "UNSUPPORTED",
      `a run of "${pipeline}" has ${least} events, ${most} with every retry, and Step Functions ends an execution at ${limits.history.max} (${limits.history.page})`,
      least > limits.history.max
        ? "Split the pipeline in two: the second takes as sources what the first makes."
        : "Give fewer tasks fewer retries, or split the pipeline in two.",
    ),
  );
}

function checkedSchedules({ schedule, pipeline }: Plan, report: (remark: Diagnostic) => void): string[] {
  if (schedule === undefined) return [];
  try {
    checkTimeZone(pipeline, schedule.timeZone);
    const expressions = schedulesOf(schedule.cron);
    if (expressions.length > 1) {
      report(
        remark(
          "warning",
          "UNSUPPORTED",
          `pipeline "${pipeline}" gets two schedules, since "${schedule.cron}" restricts days of the month and of the week: on a day that is both, it starts twice`,
          "Restrict one of them, and have two pipelines where both are meant.",
        ),
      );
    }
    return expressions;
  } catch (error) {
    report({ severity: "error", error: error as GlacierError });
    return [];
  }
}

/** The key is not the deployment's, so that only its owner can let services in. */
function checkKey({ schedule }: Plan, { kmsKey, region, alerts }: Settings): Diagnostic[] {
  if (kmsKey === undefined) return [];
  const alerting = alerts?.emails === undefined ? [] : ["events.amazonaws.com"];
  const watching = alerting.length === 0 || schedule === undefined ? [] : ["cloudwatch.amazonaws.com"];
  const [first, ...more] = [`logs.${region}.amazonaws.com`, ...alerting, ...watching] as [string, ...string[]];
  const last = more.pop();
  const services = last === undefined ? first : `${[first, ...more].join(", ")} and ${last}`;
  return [
    remark(
      "info",
      "PERMISSION_DENIED",
      `the key of option "kmsKey" also encrypts logs${alerting.length === 0 ? "" : " and alerts"}: its policy must let ${services} use it`,
      "Let them kms:Decrypt and kms:GenerateDataKey* (logs also kms:Encrypt, kms:ReEncrypt* and kms:Describe*): https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html, https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html.",
    ),
  ];
}

/** Only one of the forms is concerned, so it is no error here. */
function checkCloudFormation(model: Model, report: (remark: Diagnostic) => void): void {
  // Each of a model's resources is one of the template's at least, so that a large one need not be printed for this.
  const { length } = model.resources;
  const least = { text: "", resources: length };
  const template = length > limits.templateResources.max ? least : templateOf(model, undefined);
  const error = checkTemplate(template) ?? checkCharacters(model);
  if (error !== undefined) report({ severity: "info", error });
}
