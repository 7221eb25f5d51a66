import type { LogEmitted, LogLevel, RunEvent } from "@glacier/core";
import { paint, span } from "../text/line.ts";
import type { Style, Tone } from "../text/style.ts";
import { count, duration } from "../text/units.ts";
import type { RunState } from "./state.ts";
import { amounts, errorText, signs } from "./task-line.ts";

/** What one event adds to a log that is read from top to bottom (no terminal). `state` has the event already. */
export function plainLines(event: RunEvent, state: RunState, style: Style, verbose: boolean): string[] {
  switch (event.type) {
    case "run.started": {
      const { pipeline, runId, tasks, executor, resumed } = event;
      return [
        `${style.bold(pipeline)} ${style.dim(`run ${runId}, ${count(tasks.length, "task")} on ${executor}${resumed ? ", resumed" : ""}`)}`,
      ];
    }
    case "attempt.started":
      return [
        line(event.task, signs.running, event.attempt === 1 ? "started" : `attempt ${event.attempt} started`, style),
      ];
    case "attempt.failed":
      if (event.retryInMs === undefined) return [];
      return [
        line(
          event.task,
          signs.retrying,
          `attempt ${event.attempt} failed, next in ${duration(event.retryInMs)}: ${errorText(event.error)}`,
          style,
        ),
      ];
    case "task.succeeded": {
      const task = state.tasks.get(event.task);
      const moved = task === undefined ? "" : amounts(task);
      return [
        line(
          event.task,
          signs.succeeded,
          `done in ${duration(event.durationMs)}${moved === "" ? "" : `: ${moved}`}`,
          style,
        ),
      ];
    }
    case "task.failed":
      return [
        line(event.task, signs.failed, `failed after ${duration(event.durationMs)}: ${errorText(event.error)}`, style),
      ];
    case "task.cancelled":
      return [line(event.task, signs.cancelled, "cancelled", style)];
    case "task.skipped":
      if (event.reason === "committed") return [line(event.task, signs.committed, "done before", style)];
      return event.reason === "upstream"
        ? [line(event.task, signs.skipped, `not run: ${event.because ?? "a task before it"} failed`, style)]
        : [];
    case "log":
      return logLines(event, style, verbose);
    default:
      return [];
  }
}

/** A log event as lines; debug ones only where asked for. */
export function logLines({ level, task, message, fields }: LogEmitted, style: Style, verbose: boolean): string[] {
  if (level === "debug" && !verbose) return [];
  const lines = message.split("\n");
  const more = fields === undefined ? "" : `  ${JSON.stringify(fields)}`;
  return lines.map((text, index) =>
    paint(
      [
        span(`  ${task} │ `, "dim"),
        ...(level === "info" ? [] : [span(`${level} `, levelTones[level])]),
        span(text),
        ...(index === lines.length - 1 && more !== "" ? [span(more, "dim")] : []),
      ],
      style,
    ),
  );
}

const levelTones: Readonly<Record<LogLevel, Tone>> = { debug: "dim", info: "dim", warn: "yellow", error: "red" };

function line(
  task: string,
  { sign, tone }: { readonly sign: string; readonly tone: Tone },
  text: string,
  style: Style,
): string {
  return paint([span(`${sign} `, tone), span(`${task}: `), span(text)], style);
}
