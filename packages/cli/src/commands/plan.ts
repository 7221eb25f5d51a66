import type { Plan, PlanDataset, PlanTask, StorageResource } from "@glacier/core";
import { exitCodes } from "../command/exit-code.ts";
import type { Command, Output } from "../command/io.ts";
import { table } from "../text/table.ts";
import { count } from "../text/units.ts";
import { withPlan } from "./shared.ts";

/** `glacier plan`: the pipeline bound to its environment, as tables or as the plan's own JSON. */
export const command: Command = (context) =>
  withPlan(context, context.args.positionals[0], async ({ plan }) => {
    const { out } = context;
    out.lines(context.args.flag("json") ? [JSON.stringify(plan, null, 2)] : planLines(plan, out));
    return exitCodes.done;
  });

function planLines(plan: Plan, { style, isTTY, size }: Output): string[] {
  const width = isTTY ? size().columns : Number.POSITIVE_INFINITY;
  const { pipeline, tenant, schedule, state, tasks, datasets } = plan;
  const facts = [
    count(tasks.length, "task"),
    count(datasets.length, "dataset"),
    ...(tenant === undefined ? [] : [`tenant ${tenant}`]),
    ...(schedule === undefined ? [] : [`schedule ${schedule.cron} (${schedule.timeZone})`]),
  ];
  return [
    `${style.bold(pipeline)}  ${style.dim(facts.join(", "))}`,
    style.dim(`state in ${storageText(state)}`),
    "",
    ...table(
      [
        { title: "task" },
        { title: "takes" },
        { title: "makes" },
        { title: "compute" },
        { title: "retries", align: "right" },
        { title: "timeout", align: "right" },
      ],
      tasks.map(taskRow),
      style,
      width,
    ),
    "",
    ...table(
      [
        { title: "dataset" },
        { title: "format" },
        { title: "made by" },
        { title: "taken by" },
        { title: "storage" },
        { title: "key" },
      ],
      datasets.map(datasetRow),
      style,
      width,
    ),
  ];
}

function taskRow({ name, inputs, outputs, compute, retry, timeout }: PlanTask): string[] {
  return [
    name,
    listed(Object.values(inputs)),
    listed(Object.values(outputs)),
    compute?.kind ?? "default",
    retry.max === 0 ? "" : String(retry.max),
    timeout === undefined ? "" : `${timeout} s`,
  ];
}

function datasetRow({ name, format, producer, consumers, storage, key }: PlanDataset): string[] {
  return [name, format.name, producer ?? "(source)", listed(consumers), storageText(storage), key];
}

/** `s3 bucket=acme prefix=raw/`. */
function storageText({ kind, key: _, ...rest }: StorageResource): string {
  return [kind, ...Object.entries(rest).map(([name, value]) => `${name}=${optionText(value)}`)].join(" ");
}

/** Without the user and password that a URL may have. */
function optionText(value: unknown): string {
  return typeof value === "string" ? value.replace(/^(\w+:\/\/)[^/@]*@/, "$1…@") : JSON.stringify(value);
}

function listed(names: readonly string[]): string {
  return [...new Set(names)].join(", ");
}
