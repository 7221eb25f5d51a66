import { GlacierError, readJournal } from "@glacier/core";
import { listRuns, type RunSummary } from "@glacier/core/inspect";
import { exitCodes } from "../command/exit-code.ts";
import type { Command, CommandContext, Output } from "../command/io.ts";
import { headerLine, nameWidth } from "../progress/live-lines.ts";
import { RunState } from "../progress/state.ts";
import { summaryLines } from "../progress/summary.ts";
import { taskLine } from "../progress/task-line.ts";
import { errorLines } from "../text/error.ts";
import { paint } from "../text/line.ts";
import type { Style } from "../text/style.ts";
import { table } from "../text/table.ts";
import { ago, duration, localTime } from "../text/units.ts";
import { type Bound, withPlan } from "./shared.ts";

/** `glacier runs`: lists runs, or tells what happened in one. */
export const command: Command = (context) =>
  withPlan(context, context.args.text("file"), async (bound) => {
    const [run] = context.args.positionals;
    if (run === undefined) await list(bound, context);
    else await tell(bound, await resolveRunId(bound, run), context);
    return exitCodes.done;
  });

/** A run's id; `last` is the newest. Errors: `RUN_NOT_FOUND`. */
export async function resolveRunId({ plan, registry }: Pick<Bound, "plan" | "registry">, run: string): Promise<string> {
  if (run !== "last") return run;
  for await (const { runId } of listRuns(plan, registry, Date.now())) return runId;
  throw new GlacierError("RUN_NOT_FOUND", {
    message: `pipeline "${plan.pipeline}" has no runs yet`,
    hint: "Start one: glacier run.",
    context: { pipeline: plan.pipeline },
  });
}

async function list({ plan, registry }: Bound, { args, out }: CommandContext): Promise<void> {
  const limit = args.amount("limit") ?? 20;
  const runs: RunSummary[] = [];
  for await (const run of listRuns(plan, registry, Date.now())) {
    runs.push(run);
    if (runs.length === limit) break;
  }
  if (args.flag("json")) return out.lines(runs.map((run) => JSON.stringify(run)));
  if (runs.length === 0) return out.lines([`pipeline "${plan.pipeline}" has no runs yet`]);
  const columns = [
    { title: "run" },
    { title: "status" },
    { title: "started" },
    { title: "took", align: "right" as const },
    { title: "tasks", align: "right" as const },
    { title: "error" },
  ];
  const [head = "", ...lines] = table(
    columns,
    runs.map(runRow),
    out.style,
    out.isTTY ? out.size().columns : Number.POSITIVE_INFINITY,
  );
  out.lines([head, ...lines.map((line, index) => tinted(line, runs[index], out.style))]);
}

function runRow({ runId, status, startedAt, durationMs, tasks, error }: RunSummary): string[] {
  return [
    runId,
    status,
    `${localTime(startedAt)} (${ago(startedAt, Date.now())})`,
    durationMs === undefined ? "" : duration(durationMs),
    `${tasks.done}/${tasks.total}`,
    error === undefined ? "" : `${error.code} ${error.message.split("\n").slice(0, 2).join(" ")}`,
  ];
}

const tones: Readonly<Record<RunSummary["status"], "green" | "red" | "yellow" | "cyan">> = {
  succeeded: "green",
  failed: "red",
  cancelled: "yellow",
  interrupted: "yellow",
  running: "cyan",
};

function tinted(line: string, run: RunSummary | undefined, style: Style): string {
  return run === undefined ? line : line.replace(run.status, style[tones[run.status]](run.status));
}

async function tell(
  { plan, registry, project }: Bound,
  runId: string,
  { args, out, cwd, verbose }: CommandContext,
): Promise<void> {
  const state = new RunState();
  for await (const event of readJournal(plan, runId, registry)) {
    if (args.flag("json")) out.lines([JSON.stringify(event)]);
    state.apply(event);
  }
  if (args.flag("json")) return;
  const sinks = project.pipeline.sinks.map(({ name }) => name);
  out.lines(runLines(state, out, { cwd, sinks }));
  for (const task of state.tasks.values()) {
    if (task.status === "failed" && task.error !== undefined)
      out.lines(["", ...errorLines(task.error, { style: out.style, cwd, root: project.root, verbose })]);
  }
}

function runLines(
  state: RunState,
  { style, isTTY, size }: Output,
  more: { cwd: string; sinks: readonly string[] },
): string[] {
  const columns = isTTY ? size().columns : Number.POSITIVE_INFINITY;
  const tasks = [...state.tasks.values()];
  const width = nameWidth(tasks, isTTY ? columns : 120);
  const started =
    state.started === undefined
      ? []
      : [`${headerLine(state, { style, columns })}  ${style.dim(localTime(state.started.time))}`, ""];
  return [
    ...started,
    ...tasks.map((task) => paint(taskLine(task, Date.now(), width), style, columns)),
    "",
    ...summaryLines(state, { style, columns, ...more }),
  ];
}
