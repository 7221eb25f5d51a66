import { type CodecContext, untilAborted } from "@glacier/core";
import { formatError, recordOf, unknownKey } from "../errors.ts";
import { jsonText } from "../json.ts";
import { type CsvDialect, headerProblem } from "./csv.ts";

/** Characters gathered before they go out. */
const chunkLength = 262_144;

/**
 * Rows as csv: the columns are the header option's, else the schema's, else the first row's keys. `null` and missing
 * are an empty field, an empty string is `""`.
 * Errors: `ENCODE_FAILED` with the row number.
 */
export async function* encodeCsv(
  batches: AsyncIterable<unknown[]>,
  context: CodecContext,
  dialect: CsvDialect,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const given = dialect.header ?? context.columns?.map(({ name }) => name);
  const headerOf = (names: readonly string[]): string =>
    dialect.header === undefined ? headerLine(names, dialect) : "";
  let writer = given && rowWriter(given, context, dialect);
  let text = given === undefined ? "" : headerOf(given);
  let row = 0;
  for await (const batch of untilAborted(batches, context.signal)) {
    for (const value of batch) {
      const record = recordOf(value, ++row, context);
      if (writer === undefined) {
        const names = Object.keys(record);
        text = headerOf(names);
        writer = rowWriter(names, context, dialect);
      }
      text += writer(record, row);
      if (text.length > chunkLength) {
        yield encoder.encode(text);
        text = "";
      }
    }
  }
  if (text !== "") yield encoder.encode(text);
}

function headerLine(names: readonly string[], { delimiter }: CsvDialect): string {
  return `${names.map((name) => quoted(name, specialCharacters(delimiter))).join(delimiter)}\n`;
}

type RowWriter = (record: Readonly<Record<string, unknown>>, row: number) => string;

function rowWriter(names: readonly string[], context: CodecContext, { delimiter, header }: CsvDialect): RowWriter {
  const problem =
    names.length === 0
      ? "there are no columns"
      : names.every((name) => name.isWellFormed())
        ? headerProblem(names)
        : "a column's name holds half a surrogate pair";
  if (problem !== undefined)
    throw refused(problem, "Give the rows at least one key, each with a name of its own.", context);
  const columns = new Map(context.columns?.map((column) => [column.name, column]));
  const known = new Set(names);
  const special = specialCharacters(delimiter);
  const cells = names.map((name, i) => ({
    name,
    before: i === 0 ? "" : delimiter,
    asJson: columns.get(name)?.type === "json",
    inherited: name in Object.prototype,
  }));
  return (record, row) => {
    let line = "";
    for (const { name, before, asJson, inherited } of cells) {
      line += before;
      const value = inherited && !Object.hasOwn(record, name) ? undefined : record[name];
      if (typeof value === "number" && !asJson) line += Object.is(value, -0) ? "-0" : String(value);
      else if (value !== null && value !== undefined) {
        const text = asJson ? jsonText(name, value, row, context) : cellText(value, name, row, context);
        line += quoted(text, special);
      }
    }
    for (const key of Object.keys(record)) {
      if (!known.has(key) && record[key] !== undefined) {
        throw unknownKey(key, row, header === undefined && context.columns !== undefined, context);
      }
    }
    if (!line.isWellFormed())
      throw refused(
        "a string holds half a surrogate pair, which UTF-8 has no bytes for",
        "Correct the string with toWellFormed().",
        context,
        row,
      );
    return `${line}\n`;
  };
}

function specialCharacters(delimiter: string): RegExp {
  const escaped = delimiter.replace(/[\\\]^-]/, "\\$&");
  return new RegExp(`[${escaped}"\\r\\n]|^\\uFEFF`);
}

function quoted(text: string, special: RegExp): string {
  return text === "" || special.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function cellText(value: unknown, name: string, row: number, context: CodecContext): string {
  switch (typeof value) {
    case "string":
      return value;
    case "boolean":
    case "bigint":
      return String(value);
    case "object":
      if (!(value instanceof Date)) return jsonText(name, value, row, context);
      if (!Number.isNaN(value.getTime())) return value.toISOString();
      throw refused(
        `column ${JSON.stringify(name)} holds an invalid Date`,
        "Write null where there is no date.",
        context,
        row,
      );
    default:
      return jsonText(name, value, row, context);
  }
}

function refused(message: string, hint: string, context: CodecContext, row?: number, cause?: unknown): Error {
  return formatError("ENCODE_FAILED", context, row === undefined ? {} : { row }, message, hint, cause);
}
