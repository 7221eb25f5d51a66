import type { ByteSource, CodecContext } from "@glacier/core";
import type { AsyncBuffer, FileMetaData, ParquetScan } from "hyparquet";
import { decodeFailure, type SourceFailure } from "../errors.ts";
import { rowAssembler } from "../rows.ts";
import { bufferOf } from "./buffer.ts";
import { compressors, parsers } from "./codecs.ts";
import { columnReaders } from "./columns.ts";
import type { ParquetSettings } from "./parquet.ts";

/** Rows given out at a time. */
const batchRows = 4096;
/** Rows whose columns are in memory at a time, where the file says where its pages start. */
const windowRows = 65_536;

/**
 * Rows of a parquet file: one row group in memory at a time, and of a large one only some pages, where it has an offset
 * index.
 * Errors: `DECODE_FAILED` for what is no whole parquet file, and for a number that has lost digits.
 */
export async function* decodeParquet(
  source: ByteSource,
  context: CodecContext,
  settings: ParquetSettings,
): AsyncGenerator<unknown[]> {
  const failure: SourceFailure = {};
  try {
    const file = await bufferOf(source, context, settings.maxBufferBytes, failure);
    yield* readRows(file, context);
  } catch (error) {
    throw decodeFailure(error, "parquet", context, failure);
  }
}

async function* readRows(file: AsyncBuffer, context: CodecContext): AsyncGenerator<unknown[]> {
  const { parquetMetadataAsync, parquetScan, parquetSchema } = await import("hyparquet");
  if (file.byteLength < 12) throw new Error("too short");
  const magic = new TextDecoder().decode(await file.slice(0, 4));
  if (magic !== "PAR1") throw new Error("it doesn't start with PAR1");
  const metadata = await parquetMetadataAsync(file);
  const readers = columnReaders(parquetSchema(metadata), context);
  const scan = await parquetScan({ file, metadata, compressors, parsers });
  const assemble = rowAssembler(readers);
  let done = 0;
  for (const { start, end } of windowsOf(metadata)) {
    const columns = await readColumns(scan, readers, start, end, done);
    for (let row = 0; row < end - start; row += batchRows) {
      yield assemble(columns, row, Math.min(row + batchRows, end - start));
    }
    done = end;
  }
}

async function readColumns(
  scan: ParquetScan,
  readers: ReturnType<typeof columnReaders>,
  rowStart: number,
  rowEnd: number,
  before: number,
): Promise<ArrayLike<unknown>[]> {
  return Promise.all(
    readers.map(async ({ name, read }) => {
      const data = await scan.readColumn({ column: name, rowStart, rowEnd });
      if (data.length !== rowEnd - rowStart) throw new Error(`column ${JSON.stringify(name)} is not whole`);
      return read === undefined ? data : read(data, before);
    }),
  );
}

/** The row ranges to read at once. */
function* windowsOf(metadata: FileMetaData): Generator<{ start: number; end: number }> {
  let start = 0;
  for (const group of metadata.row_groups) {
    const groupEnd = start + Number(group.num_rows);
    const indexed = group.columns.every((column) => column.offset_index_offset !== undefined);
    for (; start < groupEnd; ) {
      const end = indexed ? Math.min(groupEnd, start + windowRows) : groupEnd;
      yield { start, end };
      start = end;
    }
  }
  if (BigInt(start) !== metadata.num_rows) throw new Error("its row groups don't add up");
}
