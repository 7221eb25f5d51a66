/**
 * 1,000,000 rows × 6 typed columns of csv, in memory. `csv().decode`, from bytes and with a schema's columns, against
 * udsv's typed parse of the same text, which leaves out that the bytes must first be decoded (peer: with that).
 * Medians of interleaved runs.
 */
import type { CodecContext, Column } from "@glacier/core";
import { csv } from "@glacier/formats";
import { inferSchema, initParser } from "udsv";
import { type Bench, interleaved, type Row, timed } from "./measure.ts";

const rowCount = 1_000_000;
const rounds = 7;
const chunkBytes = 1024 * 1024;

const column = (name: string, type: Column["type"]): Column => ({ name, type, nullable: false, optional: false });
const context: CodecContext = {
  dataset: "bench",
  columns: [
    column("id", "integer"),
    column("name", "string"),
    column("price", "number"),
    column("active", "boolean"),
    column("city", "string"),
    column("score", "number"),
  ],
};

const bench: Bench = {
  name: "csv",
  async run() {
    const rows = [];
    for (const [label, quoteEvery] of [
      ["no quotes", 0],
      ["one field of six quoted", 1],
    ] as const) {
      const text = textOf(quoteEvery);
      const bytes = new TextEncoder().encode(text);
      const took = await interleaved(rounds, {
        glacier: () => timed(() => count(csv().decode({ stream: () => chunks(bytes) }, context))),
        udsv: () => timed(() => udsv(text)),
        udsvFromBytes: () => timed(() => udsv(new TextDecoder().decode(bytes))),
      });
      rows.push(decodeRow(label, took));
    }
    rows.push(await encodeRow());
    return { rows };
  },
};
export default bench;

function decodeRow(label: string, took: { glacier: number; udsv: number; udsvFromBytes: number }): Row {
  return {
    label: `decode 1M × 6, ${label} (floor: udsv from a string, peer: udsv from bytes)`,
    value: took.glacier,
    unit: "ms",
    floor: took.udsv,
    peer: took.udsvFromBytes,
    target: "≤ 1.1× udsv",
    ok: took.glacier <= 1.1 * took.udsv,
  };
}

/** The floor joins fields without looking at them. */
async function encodeRow(): Promise<Row> {
  const rows: Record<string, string | number | boolean>[] = [];
  for await (const batch of csv().decode({ stream: () => chunks(new TextEncoder().encode(textOf(0))) }, context)) {
    for (const row of batch) rows.push(row as Record<string, string | number | boolean>);
  }
  const took = await interleaved(rounds, {
    glacier: () => timed(() => count(csv().encode(batches(rows), context))),
    join: () =>
      timed(async () => {
        let bytes = 0;
        for await (const batch of batches(rows)) {
          const lines = batch.map(
            (r) => `${r["id"]},${r["name"]},${r["price"]},${r["active"]},${r["city"]},${r["score"]}\n`,
          );
          bytes += new TextEncoder().encode(lines.join("")).length;
        }
        return bytes;
      }),
  });
  return {
    label: "encode 1M × 6 (floor: a template string, nothing quoted or checked)",
    value: took.glacier,
    unit: "ms",
    floor: took.join,
  };
}

function textOf(quoteEvery: number): string {
  const cities = ["Paris", "Lyon", "Nantes", "Lille", "Nice"];
  const lines = ["id,name,price,active,city,score"];
  for (let i = 0; i < rowCount; i++) {
    const name = `customer ${(i * 31) % 5000}`;
    const shown = quoteEvery > 0 ? `"${name}, ""Jr."""` : name;
    lines.push(`${i},${shown},${((i * 7919) % 100_000) / 100},${i % 3 === 0},${cities[i % 5]},${(i * 17) % 1000}`);
  }
  return `${lines.join("\n")}\n`;
}

function udsv(text: string): number {
  return initParser(inferSchema(text)).typedObjs(text).length;
}

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

async function* batches<T>(rows: readonly T[]): AsyncGenerator<T[]> {
  for (let at = 0; at < rows.length; at += 4096) yield rows.slice(at, at + 4096);
}

async function count(parts: AsyncIterable<{ readonly length: number }>): Promise<number> {
  let total = 0;
  for await (const part of parts) total += part.length;
  return total;
}
