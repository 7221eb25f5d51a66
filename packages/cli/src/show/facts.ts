import { fileURLToPath } from "node:url";
import type { Column } from "@glacier/core";
import type { OpenedDataset } from "@glacier/core/inspect";
import { paint, span } from "../text/line.ts";
import { shortPath } from "../text/stack.ts";
import type { Style } from "../text/style.ts";
import { ago, byteSize, count, grouped, localTime } from "../text/units.ts";

/** How {@link factLines} are shown, and what they can't find out themselves. */
export interface FactsView {
  readonly uri: string;
  readonly cwd: string;
  /** What the schema tells of the columns. */
  readonly columns: readonly Column[] | undefined;
  readonly style: Style;
  readonly width: number;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: number;
}

/** What is known of a dataset besides its content. */
export function factLines({ dataset, manifest, info, current }: OpenedDataset, view: FactsView): string[] {
  const { style, width, uri, cwd, columns, now } = view;
  const rows = current && manifest?.rows !== undefined ? `${count(manifest.rows, "row")}, ` : "";
  const fact = (name: string, value: string, tone?: "yellow") =>
    paint([span(`  ${name.padEnd(8)}  `, "dim"), span(value, tone)], style, width);
  return [
    paint([span(dataset.name, "bold"), span(`  ${dataset.format.name}, ${rows}${byteSize(info.size)}`)], style, width),
    fact("where", uri.startsWith("file:") ? shortPath(fileURLToPath(uri), cwd) : uri),
    ...(manifest === undefined
      ? [
          fact(
            "made by",
            dataset.producer === undefined ? "a source: no task makes it" : "unknown: no run has committed it",
          ),
        ]
      : [
          fact(
            "made by",
            `task ${manifest.task}, run ${manifest.runId}${manifest.attempt > 1 ? `, attempt ${manifest.attempt}` : ""}`,
          ),
          fact("when", whenText(Date.parse(manifest.time), now)),
        ]),
    ...(manifest === undefined && info.modified !== undefined
      ? [fact("changed", whenText(info.modified.getTime(), now))]
      : []),
    ...(manifest?.invalid ? [fact("left out", `${grouped(manifest.invalid)} invalid`)] : []),
    ...(current ? [] : [fact("note", "the data is no longer what that run committed", "yellow")]),
    ...(columns === undefined ? [] : [fact("columns", columns.map(columnText).join(", "))]),
  ];
}

function columnText({ name, type, nullable, optional }: Column): string {
  return `${name}${optional ? "?" : ""}: ${type}${nullable ? " | null" : ""}`;
}

function whenText(time: number, now: number): string {
  return `${localTime(time)} (${ago(time, now)})`;
}
