/** How a column takes part in a row. */
export interface RowColumn {
  readonly name: string;
  /** Whether an empty cell is left out of the row, rather than null in it. */
  readonly omitNull: boolean;
}

/**
 * Turns columns into rows: `assemble(columns, start, end)`. Rows are copies of one template, which is nearly twice as
 * fast as growing each key by key.
 */
export function rowAssembler(
  columns: readonly RowColumn[],
): (data: readonly ArrayLike<unknown>[], start: number, end: number) => Record<string, unknown>[] {
  const always = columns.filter(({ omitNull }) => !omitNull);
  const template: Record<string, unknown> = Object.fromEntries(always.map(({ name }) => [name, null]));
  return (data, start, end) => {
    const rows: Record<string, unknown>[] = new Array(end - start);
    for (let at = start; at < end; at++) {
      const row: Record<string, unknown> = { ...template };
      for (let i = 0; i < columns.length; i++) {
        const { name, omitNull } = columns[i] as RowColumn;
        const cell = (data[i] as ArrayLike<unknown>)[at] ?? null;
        if (cell !== null || !omitNull) row[name] = cell;
      }
      rows[at - start] = row;
    }
    return rows;
  };
}
