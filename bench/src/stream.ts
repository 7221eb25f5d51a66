/** 1 GiB of ndjson through a pipeline of three tasks on LocalFS: peak memory, and time against three plain passes by hand. */
import { createWriteStream, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Bench, inProcess } from "./measure.ts";

const bench: Bench = {
  name: "stream",
  async run() {
    const folder = mkdtempSync(join(tmpdir(), "glacier-bench-"));
    try {
      mkdirSync(join(folder, "in"));
      await pipeline(Readable.from(gibibyte()), createWriteStream(join(folder, "in", "source.ndjson")));
      const hand = inProcess<{ seconds: number; rssMiB: number }>("./stream/run.ts", "hand", folder);
      const glacier = inProcess<{ seconds: number; rssMiB: number }>("./stream/run.ts", "glacier", folder);
      return {
        rows: [
          {
            label: "1 GiB through three tasks, peak memory",
            value: glacier.rssMiB,
            unit: "MiB",
            floor: hand.rssMiB,
            target: "< 200 MiB",
            ok: glacier.rssMiB < 200,
          },
          { label: "1 GiB through three tasks, time", value: glacier.seconds, unit: "s", floor: hand.seconds },
        ],
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function* gibibyte(): Generator<string> {
  let bytes = 0;
  for (let id = 0; bytes < 1024 ** 3; ) {
    let text = "";
    for (let i = 0; i < 5000; i++, id++)
      text += `${JSON.stringify({ id, name: `customer ${id % 997}`, country: "de", amount: (id % 1000) / 8, note: "x".repeat(60) })}\n`;
    bytes += text.length;
    yield text;
  }
}

export default bench;
