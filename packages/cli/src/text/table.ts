import stringWidth from "string-width";
import { harmless } from "./harmless.ts";
import { fit, padTo } from "./line.ts";
import type { Style } from "./style.ts";

/** A column of a {@link table}. */
export interface TableColumn {
  readonly title: string;
  readonly align?: "left" | "right";
}

/**
 * Rows under headings, as lines. Cells are cut so that the table stays within `width`: the widest column gives way first.
 * Control characters in cells are made harmless.
 */
export function table(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  style: Style,
  width: number = Number.POSITIVE_INFINITY,
): string[] {
  const cells = rows.map((row) => columns.map((_, i) => harmless(row[i] ?? "")));
  const widths = columns.map(({ title }, i) =>
    Math.max(stringWidth(title), ...cells.map((row) => stringWidth(row[i] ?? ""))),
  );
  shrink(widths, width - gap.length * (columns.length - 1));
  const line = (values: readonly string[]) =>
    values
      .map((value, i) => {
        const room = widths[i] ?? 0;
        const cut = fit(value, room);
        return columns[i]?.align === "right"
          ? " ".repeat(Math.max(0, room - stringWidth(cut))) + cut
          : padTo(cut, room);
      })
      .join(gap)
      .trimEnd();
  return [style.dim(line(columns.map(({ title }) => title))), ...cells.map(line)];
}

const gap = "  ";

/** No column gets narrower than this to make a table fit. */
const narrowest = 6;

function shrink(widths: number[], room: number): void {
  let over = widths.reduce((sum, one) => sum + one, 0) - room;
  while (over > 0) {
    const widest = Math.max(...widths);
    if (widest <= narrowest) return;
    const index = widths.lastIndexOf(widest);
    widths[index] = widest - 1;
    over--;
  }
}
