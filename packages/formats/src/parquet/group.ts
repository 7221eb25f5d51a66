import { crc32 } from "node:zlib";
import type { AsyncBuffer, ColumnMetaData, RowGroup } from "hyparquet";
import { deserializeTCompactProtocol } from "hyparquet/src/thrift.js";

/**
 * One row group in memory, read at once and its page headers checked: hyparquet takes a page at its word, and a damaged
 * one may ask for more memory than there is.
 * Throws an `Error` for pages that contradict the file's footer or their checksums.
 */
export async function groupBuffer(file: AsyncBuffer, group: RowGroup): Promise<AsyncBuffer> {
  const chunks = group.columns.map(({ meta_data: column }) => {
    if (column === undefined) throw new Error("a column is encrypted or in another file");
    return { column, ...rangeOf(column) };
  });
  const start = Math.min(...chunks.map((chunk) => chunk.start));
  const end = Math.max(...chunks.map((chunk) => chunk.end));
  const bytes = chunks.length === 0 ? new ArrayBuffer(0) : await file.slice(start, end);
  if (chunks.length > 0 && bytes.byteLength !== end - start) throw new Error("it ends too early");
  for (const chunk of chunks) {
    checkPages(new DataView(bytes, chunk.start - start, chunk.end - chunk.start), chunk.column, group);
  }
  return {
    byteLength: file.byteLength,
    slice: (from, to = file.byteLength) =>
      from >= start && to <= end ? bytes.slice(from - start, to - start) : file.slice(from, to),
  };
}

function rangeOf({
  dictionary_page_offset: dictionary,
  data_page_offset: data,
  total_compressed_size: size,
}: ColumnMetaData): {
  start: number;
  end: number;
} {
  const start = Number(dictionary !== undefined && dictionary > 0n && dictionary < data ? dictionary : data);
  return { start, end: start + Number(size) };
}

/** Fields of a page header by number: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift */
interface PageHeader {
  readonly field_2?: unknown;
  readonly field_3?: unknown;
  readonly field_4?: unknown;
  readonly field_5?: PageCounts;
  readonly field_7?: PageCounts;
  readonly field_8?: PageCounts;
}
interface PageCounts {
  readonly field_1?: unknown;
  readonly field_2?: unknown;
}

function checkPages(view: DataView, column: ColumnMetaData, group: RowGroup): void {
  const flat = column.path_in_schema.length === 1;
  if (flat && column.num_values !== group.num_rows) throw new Error("a column's length is not its row group's");
  let values = 0;
  for (let offset = 0; offset < view.byteLength; ) {
    const reader = { view, offset };
    const header: PageHeader = deserializeTCompactProtocol(reader);
    const size = countOf(header.field_3, view.byteLength - reader.offset);
    const unpacked = countOf(header.field_2, Number(column.total_uncompressed_size));
    const page = new Uint8Array(view.buffer, view.byteOffset + reader.offset, size);
    if (typeof header.field_4 === "number" && crc32(page) !== header.field_4 >>> 0) {
      throw new Error("a page's checksum is wrong");
    }
    const { field_5: data, field_7: dictionary, field_8: dataV2 } = header;
    if (dictionary !== undefined) countOf(dictionary.field_1, unpacked * 8);
    const counts = data ?? dataV2;
    if (counts !== undefined) values += countOf(counts.field_1, Number(column.num_values) - values);
    if (dataV2 !== undefined) countOf(dataV2.field_2, values);
    offset = reader.offset + size;
  }
  if (values !== Number(column.num_values)) throw new Error("a column's pages don't add up");
}

/** A whole number from 0 to `max`. */
function countOf(value: unknown, max: number): number {
  if (typeof value === "number" && value >= 0 && value <= max) return value;
  throw new Error("a page header makes no sense");
}
