import type { CompileContext, Diagnostic, GlacierError, Plan } from "@glacier/core";
import type { BuildCode } from "../code/types.ts";
import { buildModel, type Prepared } from "./build.ts";
import { templateResources } from "./cloudformation/index.ts";
import { AWSCompilation } from "./compilation.ts";
import { type Sized, sizeTask } from "./compute.ts";
import { limits, remark } from "./limits.ts";
import type { AWSTargetOptions } from "./options.ts";
import { checkStorage } from "./reach.ts";
import { schedulesOf } from "./schedule.ts";
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
  const code = await buildCode(plan, context, { architecture: settings.architecture });
  for (const one of code.remarks ?? []) report(one);
  checkZip(code.zip.unzippedBytes, report);
  const model = buildModel(plan, prepared, code, settings, report);
  checkTemplate(templateResources(model), report);
  return new AWSCompilation(diagnostics, failed() ? undefined : model, settings.transform);
}

function prepare(
  plan: Plan,
  { registry }: CompileContext,
  settings: Settings,
  report: (remark: Diagnostic) => void,
): Prepared | undefined {
  for (const one of checkStorage(plan.datasets, registry)) report(one);
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
  const bytes = Buffer.byteLength(jsonOf(definition, (part) => ("parts" in part ? "" : [])));
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

function checkZip(bytes: number, report: (remark: Diagnostic) => void): void {
  const { max, page } = limits.zipUnpacked;
  if (bytes <= max) return;
  report(
    remark(
      "error",
      "BUNDLE_FAILED",
      `the code is ${Math.ceil(bytes / 2 ** 20)} MiB, and a Lambda function takes ${max / 2 ** 20} (${page})`,
      "See what is in the bundle: a large package, or data that belongs into a dataset. Or give the tasks compute.container({ image }).",
    ),
  );
}

function checkTemplate(resources: number, report: (remark: Diagnostic) => void): void {
  const { max, page } = limits.template;
  if (resources <= max) return;
  report(
    remark(
      "info",
      "UNSUPPORTED",
      `this takes ${resources} resources, and a CloudFormation stack has at most ${max} (${page})`,
      "Deploy it with Terraform, or split the pipeline.",
    ),
  );
}
