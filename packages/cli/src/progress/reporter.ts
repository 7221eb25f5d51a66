import type { EventSink, RunEvent } from "@glacier/core";
import type { Output } from "../command/io.ts";
import { paint } from "../text/line.ts";
import { headerLine, liveLines, nameWidth } from "./live-lines.ts";
import { logLines, plainLines } from "./plain-lines.ts";
import { RunState } from "./state.ts";
import { type SummaryView, summaryLines } from "./summary.ts";
import { taskLine } from "./task-line.ts";

/** Shows a run while it goes on: a subscriber to its events. */
export interface Reporter {
  readonly onEvent: EventSink;
  /** What the events said so far. */
  readonly state: RunState;
  /** A line of the command's own, such as what Ctrl-C did. */
  note(line: string): void;
  /** Ends the display; prints how the run ended, if one was started. */
  finish(more?: Pick<SummaryView, "sinks" | "criticalPath">): void;
}

/** What a {@link Reporter} may be asked for. */
export interface ReporterOptions {
  readonly out: Output;
  readonly cwd: string;
  /** Debug logs, too. */
  readonly verbose: boolean;
}

/** NDJSON: every event as it comes, and nothing else. */
export function jsonReporter(out: Output): Reporter {
  const state = new RunState();
  return {
    state,
    onEvent(event) {
      state.apply(event);
      out.write(`${JSON.stringify(event)}\n`);
    },
    note: (line) => void process.stderr.write(`${line}\n`),
    finish() {},
  };
}

/** Nothing at all: errors are all that shows. */
export function quietReporter(): Reporter {
  const state = new RunState();
  return {
    state,
    onEvent: (event) => state.apply(event),
    note: (line) => void process.stderr.write(`${line}\n`),
    finish() {},
  };
}

/** Lines from top to bottom, for logs and pipes. */
export function plainReporter({ out, cwd, verbose }: ReporterOptions): Reporter {
  const state = new RunState();
  return {
    state,
    onEvent(event) {
      state.apply(event);
      out.lines(plainLines(event, state, out.style, verbose));
    },
    note: (line) => out.lines([line]),
    finish(more = {}) {
      if (state.started !== undefined)
        out.lines(["", ...summaryLines(state, { style: out.style, columns: Number.POSITIVE_INFINITY, cwd, ...more })]);
    },
  };
}

/** A display that redraws itself, for terminals. */
export async function liveReporter({ out, cwd, verbose }: ReporterOptions): Promise<Reporter> {
  const { startLive } = await import("./live.ts");
  const state = new RunState();
  const notes: string[] = [];
  const screen = startLive(out, (frame) => {
    const { columns, rows } = out.size();
    if (state.started === undefined) return notes;
    const frameLines = liveLines(state, Date.now(), frame, { style: out.style, columns, rows: rows - notes.length });
    return [...frameLines, ...notes];
  });
  return {
    state,
    onEvent(event: RunEvent) {
      state.apply(event);
      if (event.type === "log") screen.persist(logLines(event, out.style, verbose));
    },
    note(line) {
      notes.splice(0, notes.length, `  ${line}`);
    },
    finish(more = {}) {
      screen.stop();
      if (state.started === undefined) return;
      const { columns } = out.size();
      out.lines([
        ...finalLines(state, columns, out),
        "",
        ...summaryLines(state, { style: out.style, columns, cwd, ...more }),
      ]);
    },
  };
}

/** More tasks than this, and only those that failed stay on the screen. */
const manyTasks = 60;

function finalLines(state: RunState, columns: number, { style }: Output): string[] {
  const all = [...state.tasks.values()];
  const shown = all.length <= manyTasks ? all : all.filter(({ status }) => status === "failed").slice(0, manyTasks);
  const width = nameWidth(shown, columns);
  return [
    "",
    headerLine(state, { style, columns }),
    "",
    ...shown.map((task) => paint(taskLine(task, Date.now(), width), style, columns)),
  ];
}
