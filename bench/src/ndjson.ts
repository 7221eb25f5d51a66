/** Decoding 500,000 rows from a file in 256 KiB chunks, against a hand-written JSON.parse per line over the same stream. ns a row. */
import { createReadStream, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ndjson, rowsOf } from "@glacier/core";
import { type Bench, interleaved, timed } from "./measure.ts";

const rows = 500_000;

const bench: Bench = {
  name: "ndjson",
  async run() {
    const folder = mkdtempSync(join(tmpdir(), "glacier-bench-"));
    try {
      const path = join(folder, "rows.ndjson");
      const lines = Array.from({ length: rows }, (_, id) =>
        JSON.stringify({
          id,
          name: `customer ${id % 997}`,
          country: "de",
          amount: id / 7,
          paid: id % 3 === 0,
          tags: ["a", "b"],
        }),
      );
      writeFileSync(path, `${lines.join("\n")}\n`);
      const stream = () => createReadStream(path, { highWaterMark: 256 * 1024 });
      const source = { size: statSync(path).size, stream };
      const context = { dataset: "rows" };
      const expect = (count: number) => {
        if (count !== rows) throw new Error(`${count} rows`);
      };
      const perRow = async (call: () => Promise<unknown>) => ((await timed(call)) * 1e6) / rows;
      const took = await interleaved(7, {
        batches: () =>
          perRow(async () => {
            let count = 0;
            for await (const batch of ndjson().decode(source, context)) count += batch.length;
            expect(count);
          }),
        rows: () =>
          perRow(async () => {
            let count = 0;
            for await (const _ of rowsOf(ndjson().decode(source, context))) count++;
            expect(count);
          }),
        hand: () =>
          perRow(async () => {
            let count = 0;
            let rest = "";
            const decoder = new TextDecoder();
            for await (const chunk of stream()) {
              const text = rest + decoder.decode(chunk as Uint8Array, { stream: true });
              let start = 0;
              for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
                JSON.parse(text.slice(start, end));
                count++;
                start = end + 1;
              }
              rest = text.slice(start);
            }
            expect(count);
          }),
      });
      return {
        rows: [
          {
            label: "decode, in batches",
            value: took.batches,
            unit: "ns a row",
            floor: took.hand,
            target: "≤ 1× by hand",
            ok: took.batches <= took.hand,
          },
          { label: "decode, row by row", value: took.rows, unit: "ns a row", floor: took.hand },
        ],
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

export default bench;
