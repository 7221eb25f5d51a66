import { paint, span } from "../text/line.ts";
import type { Style } from "../text/style.ts";
import { count, elapsed } from "../text/units.ts";
import type { RunState, TaskState } from "./state.ts";
import { taskLine } from "./task-line.ts";

/** What a frame of the live display is drawn into. */
export interface Canvas {
  readonly style: Style;
  readonly columns: number;
  readonly rows: number;
}

/**
 * One frame: a header, the tasks, a footer. Never more lines than the terminal has: where not all tasks fit, those that
 * are at work come first, then those that failed, then the last that ended; the footer counts the rest.
 */
export function liveLines(state: RunState, now: number, frame: number, { style, columns, rows }: Canvas): string[] {
  // The terminal's last line stays free for the cursor.
  const room = rows - 1;
  const footer = [paint(footerSpans(state, now, columns), style, columns)];
  if (room < 6) return footer.slice(0, Math.max(0, room));
  const header = headerLine(state, { style, columns });
  const shown = chooseTasks(state, room - 5);
  const width = nameWidth(shown, columns);
  return [
    "",
    header,
    "",
    ...shown.map((task) => paint(taskLine(task, now, width, frame), style, columns)),
    "",
    ...footer,
  ];
}

/** `orders  20261124T120841-0a1b2c3d  on local`. */
export function headerLine({ started }: RunState, { style, columns }: Omit<Canvas, "rows">): string {
  if (started === undefined) return "";
  const { pipeline, runId, executor, tenant, resumed } = started;
  const more = `${resumed ? "resumed  " : ""}on ${executor}${tenant === undefined ? "" : `  tenant ${tenant}`}`;
  return paint([span("  "), span(pipeline, "bold"), span(`  ${runId}  ${more}`, "dim")], style, columns);
}

/** Wide enough for the names, but never more than a third of the line. */
export function nameWidth(tasks: readonly TaskState[], columns: number): number {
  const longest = tasks.reduce((most, { name }) => Math.max(most, name.length), 0);
  return Math.min(longest, Math.max(12, Math.floor(columns / 3)));
}

function chooseTasks(state: RunState, room: number): TaskState[] {
  if (state.tasks.size <= room) return [...state.tasks.values()];
  const chosen = new Set<TaskState>();
  const take = (tasks: Iterable<TaskState>) => {
    for (const task of tasks) {
      if (chosen.size >= room) return;
      chosen.add(task);
    }
  };
  take(state.active);
  const ended = state.recent.toReversed();
  take(ended.filter(({ status }) => status === "failed"));
  take(ended);
  // Ended tasks above those at work, so that lines move upwards as tasks end.
  const rank = (task: TaskState) => (state.active.has(task) ? Number.MAX_SAFE_INTEGER : state.recent.indexOf(task));
  return [...chosen].sort((a, b) => rank(a) - rank(b));
}

function footerSpans(state: RunState, now: number, columns: number) {
  const { counts, tasks, started } = state;
  const total = tasks.size;
  const width = Math.min(24, Math.max(8, Math.floor(columns / 4)));
  const filled = total === 0 ? 0 : Math.floor((state.ended / total) * width);
  return [
    span("  "),
    span("━".repeat(filled), counts.failed > 0 ? "red" : "green"),
    span("━".repeat(width - filled), "dim"),
    span(`  ${state.done}/${count(total, "task")}`),
    ...(counts.running > 0 ? [span(`  ${counts.running} running`, "cyan")] : []),
    ...(counts.retrying > 0 ? [span(`  ${counts.retrying} retrying`, "yellow")] : []),
    ...(counts.failed > 0 ? [span(`  ${counts.failed} failed`, "red")] : []),
    ...(counts.waiting > 0 ? [span(`  ${counts.waiting} waiting`, "dim")] : []),
    span(`  ${elapsed(now - (started?.time ?? now))}`, "dim"),
  ];
}
