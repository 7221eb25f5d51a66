import { fileURLToPath } from "node:url";
import type { DatasetWritten } from "@glacier/core";
import { paint, span } from "../text/line.ts";
import { shortPath } from "../text/stack.ts";
import type { Style } from "../text/style.ts";
import { table } from "../text/table.ts";
import { byteSize, count, duration, grouped } from "../text/units.ts";
import type { RunState, TaskState } from "./state.ts";

/** What a summary may know besides the events. */
export interface SummaryView {
  readonly style: Style;
  readonly columns: number;
  readonly cwd: string;
  /** Datasets that no task takes, if known: where there are many outputs, only these are listed. */
  readonly sinks?: readonly string[];
  /** Names of the chain of tasks that took longest, if known. */
  readonly criticalPath?: readonly string[];
}

/** How a run ended: one line that says it, then outputs, critical path and slowest tasks. */
export function summaryLines(state: RunState, view: SummaryView): string[] {
  const { style, columns } = view;
  return [headline(state, style, columns), ...outputLines(state, view), ...timeLines(state, view)];
}

function headline({ started, finished, tasks, done, counts }: RunState, style: Style, columns: number): string {
  const name = started?.pipeline ?? "run";
  const time = finished === undefined ? "" : ` in ${duration(finished.durationMs)}`;
  const total = count(tasks.size, "task");
  switch (finished?.status) {
    case "succeeded": {
      const before = counts.committed === 0 ? "" : `, ${counts.committed} of them done before`;
      return paint(
        [span("✔ ", "green"), span(name, "bold"), span(` succeeded${time}`), span(`  ${total}${before}`, "dim")],
        style,
        columns,
      );
    }
    case "failed":
      return paint(
        [
          span("✖ ", "red"),
          span(name, "bold"),
          span(` failed${time}`),
          span(`  ${done} of ${total} done, ${counts.failed} failed`, "dim"),
        ],
        style,
        columns,
      );
    case "cancelled":
      return paint(
        [
          span("◼ ", "yellow"),
          span(name, "bold"),
          span(` cancelled${time}`),
          span(`  ${done} of ${total} done`, "dim"),
        ],
        style,
        columns,
      );
    default:
      return paint(
        [span("? ", "yellow"), span(name, "bold"), span(" did not finish"), span(`  ${done} of ${total} done`, "dim")],
        style,
        columns,
      );
  }
}

/** More outputs than this, and only sinks are listed. */
const manyOutputs = 12;

function outputLines(state: RunState, { style, columns, cwd, sinks }: SummaryView): string[] {
  const all = [...state.tasks.values()].flatMap(({ outputs, status }) => (status === "succeeded" ? outputs : []));
  if (all.length === 0) return [];
  const wanted = all.length > manyOutputs && sinks !== undefined ? new Set(sinks) : undefined;
  const ends = wanted === undefined ? all : all.filter(({ dataset }) => wanted.has(dataset));
  const listed = ends.slice(0, manyOutputs);
  const rows = listed.map((output) => [
    output.dataset,
    output.rows === undefined ? "" : grouped(output.rows),
    byteSize(output.bytes),
    whereOf(output, cwd),
  ]);
  const left = all.length - listed.length;
  const lines = table(
    [{ title: "output" }, { title: "rows", align: "right" }, { title: "size", align: "right" }, { title: "where" }],
    rows,
    style,
    columns - 2,
  );
  return [
    "",
    ...lines.map((line) => `  ${line}`),
    ...(left > 0 ? [style.dim(`  and ${count(left, "more", "more")}`)] : []),
  ];
}

function timeLines(state: RunState, { style, columns, criticalPath }: SummaryView): string[] {
  const slowest = slowestTasks(state, 3);
  if (slowest.length < 2) return [];
  const lines = [""];
  if (criticalPath !== undefined && criticalPath.length > 1) {
    const total = criticalPath.reduce((sum, name) => sum + (state.tasks.get(name)?.durationMs ?? 0), 0);
    lines.push(
      paint(
        [span("  critical path  ", "dim"), span(duration(total)), span(`  ${chainText(criticalPath)}`)],
        style,
        columns,
      ),
    );
  }
  lines.push(
    paint(
      [
        span("  slowest tasks  ", "dim"),
        span(slowest.map(({ name, durationMs }) => `${name} ${duration(durationMs)}`).join(", ")),
      ],
      style,
      columns,
    ),
  );
  return lines;
}

function slowestTasks({ tasks }: RunState, amount: number): TaskState[] {
  return [...tasks.values()]
    .filter(({ startedAt }) => startedAt > 0)
    .sort((a, b) => b.durationMs - a.durationMs)
    .slice(0, amount);
}

/** `a → b → c`; a long chain loses its middle. */
function chainText(names: readonly string[]): string {
  const shown = names.length <= 8 ? names : [...names.slice(0, 4), `… ${names.length - 7} more …`, ...names.slice(-3)];
  return shown.join(" → ");
}

function whereOf({ uri }: DatasetWritten, cwd: string): string {
  return uri.startsWith("file:") ? shortPath(fileURLToPath(uri), cwd) : uri;
}
