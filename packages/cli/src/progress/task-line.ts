import type { SerializedError } from "@glacier/core";
import { type Span, span } from "../text/line.ts";
import type { Tone } from "../text/style.ts";
import { byteSize, count, duration, elapsed } from "../text/units.ts";
import type { TaskState, TaskStatus } from "./state.ts";

/** A status as a sign of one column. */
export const signs: Readonly<Record<TaskStatus, { readonly sign: string; readonly tone: Tone }>> = {
  waiting: { sign: "·", tone: "dim" },
  running: { sign: "▸", tone: "cyan" },
  retrying: { sign: "↻", tone: "yellow" },
  succeeded: { sign: "✔", tone: "green" },
  committed: { sign: "✔", tone: "dim" },
  failed: { sign: "✖", tone: "red" },
  cancelled: { sign: "◼", tone: "yellow" },
  skipped: { sign: "○", tone: "dim" },
};

/** Frames of the sign of a running task. */
const spinner: readonly string[] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/** One task as a line: sign, name, time, and what there is to say of its status. */
export function taskLine(task: TaskState, now: number, nameWidth: number, frame = 0): Span[] {
  const { sign, tone } = signs[task.status];
  const quiet = task.status === "waiting" || task.status === "skipped" || task.status === "committed";
  return [
    span("  "),
    span(task.status === "running" ? (spinner[frame % spinner.length] ?? sign) : sign, tone),
    span(` ${task.name.padEnd(nameWidth)}  `, quiet ? "dim" : undefined),
    span(`${timeOf(task, now).padStart(8)}  `, "dim"),
    ...details(task, now),
  ];
}

/** Rows and bytes that a task wrote, or has moved so far. */
export function amounts(task: TaskState): string {
  if (task.outputs.length > 0) {
    const rows = task.outputs.every((output) => output.rows === undefined)
      ? undefined
      : sum(task.outputs.map((output) => output.rows ?? 0));
    const invalid = sum(task.outputs.map((output) => output.invalid ?? 0));
    return [
      ...(rows === undefined ? [] : [count(rows, "row")]),
      byteSize(sum(task.outputs.map((output) => output.bytes))),
      ...(invalid > 0 ? [`${count(invalid, "invalid row")} left out`] : []),
    ].join(", ");
  }
  const moved = [
    ...(task.rowsRead > 0
      ? [`${count(task.rowsRead, "row")} in`]
      : task.bytesRead > 0
        ? [`${byteSize(task.bytesRead)} in`]
        : []),
    ...(task.rowsWritten > 0
      ? [`${count(task.rowsWritten, "row")} out`]
      : task.bytesWritten > 0
        ? [`${byteSize(task.bytesWritten)} out`]
        : []),
  ];
  return moved.join(", ");
}

/** `CODE message`, on one line. */
export function errorText({ code, message }: Pick<SerializedError, "code" | "message">): string {
  return `${code} ${message.split("\n", 1)[0]}`;
}

function timeOf(task: TaskState, now: number): string {
  if (task.status === "running" || task.status === "retrying") return elapsed(now - task.startedAt);
  return task.startedAt === 0 ? "" : duration(task.durationMs);
}

function details(task: TaskState, now: number): Span[] {
  const repeated = task.attempt > 1 ? [span(`attempt ${task.attempt}  `, "yellow")] : [];
  switch (task.status) {
    case "running":
      return [
        ...repeated,
        span(amounts(task)),
        ...(task.note === undefined ? [] : [span(`${amounts(task) === "" ? "" : "  "}${task.note}`, "dim")]),
      ];
    case "retrying":
      return [
        span(`retry in ${elapsed(Math.max(0, task.retryAt - now))}  `, "yellow"),
        ...(task.error === undefined ? [] : [span(errorText(task.error), "dim")]),
      ];
    case "succeeded":
      return [
        span(amounts(task)),
        ...(task.attempt > 1 ? [span(`  after ${count(task.attempt, "attempt")}`, "yellow")] : []),
      ];
    case "committed":
      return [span("done before", "dim")];
    case "failed":
      return [...repeated, ...(task.error === undefined ? [] : [span(errorText(task.error), "red")])];
    case "cancelled":
      return [span("cancelled", "yellow")];
    case "skipped":
      return [
        span(
          task.skipped?.reason === "upstream"
            ? `not run: ${task.skipped.because ?? "a task before it"} failed`
            : "not run",
          "dim",
        ),
      ];
    case "waiting":
      return [];
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
