import { type CodecContext, untilAborted } from "@glacier/core";
import { formatError, recordOf, unknownKey } from "../errors.ts";
import { type Cell, cellOf, mismatch, type TableColumn } from "./store.ts";

/** Rows turned into columns: `cells[column][row]`. */
export interface Chunk {
  readonly columns: readonly TableColumn[];
  readonly cells: readonly Cell[][];
  readonly rows: number;
}

/** Rows looked at where no schema names the columns. */
const inferredRows = 1000;

/**
 * Gathers rows into chunks of at most `maxRows` rows, and of about `maxBytes`. The first comes even if there is no row.
 * Where rows are cut depends on the rows alone, never on how they were batched.
 * Errors: `ENCODE_FAILED` with the row number.
 */
export async function* gather(
  batches: AsyncIterable<unknown[]>,
  context: CodecContext,
  { maxRows, maxBytes }: { maxRows: number; maxBytes: number },
): AsyncGenerator<Chunk> {
  let builder: ChunkBuilder | undefined;
  let row = 0;
  let none = true;
  for await (const { columns, values } of withColumns(batches, context)) {
    builder ??= chunkBuilder(columns, context.columns !== undefined, context);
    for (const value of values) {
      builder.push(value, ++row);
      if (builder.rows < maxRows && builder.bytes < maxBytes) continue;
      yield builder.take();
      none = false;
    }
  }
  if (builder !== undefined && (builder.rows > 0 || none)) yield builder.take();
}

/** The same rows, held back until it is known what columns they have; at least one batch, if an empty one. */
async function* withColumns(
  batches: AsyncIterable<unknown[]>,
  context: CodecContext,
): AsyncGenerator<{ columns: readonly TableColumn[]; values: readonly unknown[] }> {
  let columns = context.columns && fromSchema(context);
  let waiting: unknown[] = [];
  for await (const batch of untilAborted(batches, context.signal)) {
    if (columns !== undefined) {
      yield { columns, values: batch };
      continue;
    }
    for (const value of batch) waiting.push(value);
    if (waiting.length < inferredRows) continue;
    columns = infer(waiting.slice(0, inferredRows), context);
    yield { columns, values: waiting };
    waiting = [];
  }
  yield { columns: columns ?? infer(waiting, context), values: waiting };
}

function fromSchema(context: CodecContext): TableColumn[] {
  return (context.columns ?? []).map(({ name, type, nullable, optional }) => ({
    name,
    type: type === "unknown" ? "json" : type,
    nullable: nullable || optional,
  }));
}

/** A column that is null in all of `rows` becomes `json`, which holds whatever may follow. */
function infer(rows: readonly unknown[], context: CodecContext): TableColumn[] {
  const types = new Map<string, TableColumn["type"] | undefined>();
  for (const [i, value] of rows.entries()) {
    const record = recordOf(value, i + 1, context);
    for (const name of Object.keys(record)) {
      const type = typeOf(record[name]);
      const before = types.get(name);
      if (before !== undefined && type !== undefined && before !== type) {
        throw mismatch({ name, type: before }, record[name], i + 1, context);
      }
      types.set(name, before ?? type);
    }
  }
  if (rows.length > 0 && types.size === 0) {
    const hint = "Give the rows at least one key, or the dataset a schema.";
    throw formatError("ENCODE_FAILED", context, { row: 1 }, "there are no columns", hint);
  }
  return [...types].map(([name, type = "json"]) => ({ name, type, nullable: true }));
}

function typeOf(value: unknown): TableColumn["type"] | undefined {
  if (value === null || value === undefined) return undefined;
  if (value instanceof Date) return "date";
  const type = typeof value;
  return type === "string" || type === "number" || type === "bigint" || type === "boolean" ? type : "json";
}

interface ChunkBuilder {
  readonly rows: number;
  /** About what the rows take in memory. */
  readonly bytes: number;
  push(row: unknown, number: number): void;
  take(): Chunk;
}

function chunkBuilder(columns: readonly TableColumn[], fromSchema: boolean, context: CodecContext): ChunkBuilder {
  const known = new Set(columns.map(({ name }) => name));
  const inherited = columns.map(({ name }) => name in Object.prototype);
  let cells: Cell[][] = columns.map(() => []);
  let rows = 0;
  let bytes = 0;
  return {
    get rows() {
      return rows;
    },
    get bytes() {
      return bytes;
    },
    push(row, number) {
      const record = recordOf(row, number, context);
      for (let i = 0; i < columns.length; i++) {
        const column = columns[i] as TableColumn;
        const value = inherited[i] && !Object.hasOwn(record, column.name) ? undefined : record[column.name];
        const cell = cellOf(column, value, number, context);
        bytes += typeof cell === "string" ? cell.length + 8 : 8;
        (cells[i] as Cell[]).push(cell);
      }
      for (const key of Object.keys(record)) {
        if (!known.has(key) && record[key] !== undefined) throw unknownKey(key, number, fromSchema, context);
      }
      rows++;
    },
    take() {
      const chunk = { columns, cells, rows };
      cells = columns.map(() => []);
      rows = 0;
      bytes = 0;
      return chunk;
    },
  };
}
