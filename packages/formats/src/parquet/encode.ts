import { zstdCompressSync } from "node:zlib";
import type { CodecContext } from "@glacier/core";
import type { SchemaElement } from "hyparquet";
import { type Chunk, gather } from "../columnar/gather.ts";
import type { Cell, TableColumn } from "../columnar/store.ts";
import type { ParquetSettings } from "./parquet.ts";

/** Values of a row group, in bytes. */
const rowGroupBytes = 64 * 1024 * 1024;

/** Rows as parquet; each row group leaves as soon as it is full. Errors: `ENCODE_FAILED` with the row number. */
export async function* encodeParquet(
  batches: AsyncIterable<unknown[]>,
  context: CodecContext,
  settings: ParquetSettings,
): AsyncGenerator<Uint8Array> {
  const { ByteWriter, ParquetWriter } = await import("hyparquet-writer");
  const sink = new ByteWriter();
  const drain = (): Uint8Array => {
    const bytes = sink.getBytes().slice();
    sink.index = 0;
    return bytes;
  };
  let writer: InstanceType<typeof ParquetWriter> | undefined;
  for await (const chunk of gather(batches, context, { maxRows: settings.rowGroupRows, maxBytes: rowGroupBytes })) {
    writer ??= new ParquetWriter({
      writer: sink,
      schema: schemaOf(chunk.columns),
      codec: codecs[settings.compression],
      compressors: { ZSTD: (page: Uint8Array) => zstdCompressSync(page) },
      createdBy: "glacier",
    });
    if (chunk.rows > 0) writer.write({ columnData: columnData(chunk), rowGroupSize: chunk.rows });
    yield drain();
  }
  writer?.finish();
  yield drain();
}

const codecs = { snappy: "SNAPPY", zstd: "ZSTD", uncompressed: "UNCOMPRESSED" } as const;

function columnData({
  columns,
  cells,
}: Chunk): { name: string; data: Cell[]; encoding?: "PLAIN"; statistics: boolean }[] {
  return columns.map(({ name, type }, i) => {
    const data = cells[i] ?? [];
    return {
      name,
      data,
      // The writer's dictionary takes -0 for 0.
      ...(type === "number" && data.some((cell) => Object.is(cell, -0)) && { encoding: "PLAIN" as const }),
      // Bounds of JSON texts help no reader, and are never cut.
      statistics: type !== "json",
    };
  });
}

function schemaOf(columns: readonly TableColumn[]): SchemaElement[] {
  const leaves = columns.map(
    ({ name, type, nullable }): SchemaElement => ({
      name,
      repetition_type: nullable ? "OPTIONAL" : "REQUIRED",
      ...elements[type],
    }),
  );
  return [{ name: "root", num_children: leaves.length }, ...leaves];
}

// https://github.com/apache/parquet-format/blob/master/LogicalTypes.md
const elements: Readonly<Record<TableColumn["type"], Omit<SchemaElement, "name">>> = {
  string: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
  number: { type: "DOUBLE" },
  integer: { type: "INT64" },
  bigint: { type: "INT64" },
  boolean: { type: "BOOLEAN" },
  date: {
    type: "INT64",
    converted_type: "TIMESTAMP_MILLIS",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" },
  },
  // The converted type would make the writer turn the text into JSON once more.
  json: { type: "BYTE_ARRAY", logical_type: { type: "JSON" } },
};
