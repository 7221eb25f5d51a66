import type { ByteSource, CodecContext } from "@glacier/core";
import type { AsyncBuffer, ParquetScan } from "hyparquet";
import { rowAssembler } from "../columnar/assemble.ts";
import { decodeFailure, type SourceFailure } from "../errors.ts";
import { bufferOf } from "./buffer.ts";
import { compressors, parsers } from "./codecs.ts";
import { columnReaders, type ParquetColumn } from "./columns.ts";
import { groupBuffer } from "./group.ts";
import type { ParquetSettings } from "./parquet.ts";

/** Rows given out at a time. */
const batchRows = 4096;

/**
 * Rows of a parquet file, one row group in memory at a time: its columns, and of its rows one batch.
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
  const assemble = rowAssembler(readers);
  let before = 0;
  for (const group of metadata.row_groups) {
    // A file of this one group: planning a read walks through all that there are.
    const alone = { ...metadata, row_groups: [group], num_rows: group.num_rows };
    const groupFile = await groupBuffer(file, group);
    const scan = await parquetScan({ file: groupFile, metadata: alone, compressors, parsers, useOffsetIndex: false });
    const rows = Number(group.num_rows);
    yield* readGroup(scan, readers, assemble, rows, before);
    before += rows;
  }
  if (BigInt(before) !== metadata.num_rows) throw new Error("its row groups don't add up");
}

/** A generator of its own: what it held is let go before the next row group is read. */
async function* readGroup(
  scan: ParquetScan,
  readers: readonly ParquetColumn[],
  assemble: ReturnType<typeof rowAssembler>,
  rows: number,
  before: number,
): AsyncGenerator<unknown[]> {
  const columns = await Promise.all(
    readers.map(async ({ name, read }) => {
      const data = await scan.readColumn({ column: name, rowStart: 0, rowEnd: rows });
      if (data.length !== rows) throw new Error(`column ${JSON.stringify(name)} is not whole`);
      return read === undefined ? data : read(data, before);
    }),
  );
  for (let row = 0; row < rows; row += batchRows) yield assemble(columns, row, Math.min(row + batchRows, rows));
}
