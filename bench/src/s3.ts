/**
 * 1 GiB to and from a server on loopback that keeps nothing, each transfer in a process of its own: a write whose length
 * nobody knows beforehand, and a read. Floor: node:http by hand. Peer: @aws-sdk/lib-storage, and the SDK's own GetObject,
 * with their defaults. Medians of interleaved runs.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { asJavaScript } from "./as-javascript.ts";
import { type Bench, inProcess, interleaved, median } from "./measure.ts";

const rounds = 3;

const bench: Bench = {
  name: "S3",
  async run() {
    const script = fileURLToPath(new URL("./s3/null-server.ts", import.meta.url));
    const server = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
    const folder = mkdtempSync(fileURLToPath(new URL("../node_modules/s3-", import.meta.url))); // finds the SDK from there
    try {
      const module = new URL("./s3/run.ts", import.meta.url);
      const transfer = await asJavaScript({ module, external: ["@aws-sdk"] }, join(folder, "run.mjs"));
      const [port] = await once(server.stdout, "data");
      const rss: Record<string, number[]> = {};
      const seconds = (mode: string) => () => {
        const run = inProcess<{ seconds: number; rssMiB: number }>(transfer, mode, `http://127.0.0.1:${Number(port)}`);
        rss[mode] = [...(rss[mode] ?? []), run.rssMiB];
        return run.seconds;
      };
      const rows = [];
      for (const { verb, peer, within, below } of [
        { verb: "write", peer: "lib-storage", within: 1.5, below: 200 },
        { verb: "read", peer: "the SDK", within: 1.3, below: 130 },
      ]) {
        const [mine, floor, other] = [`${verb} by glacier`, `${verb} by hand`, `${verb} by ${peer}`];
        const took = await interleaved(rounds, {
          floor: seconds(floor),
          mine: seconds(mine),
          other: seconds(other),
        });
        rows.push({
          label: `${verb} of 1 GiB (peer ${peer})`,
          value: took.mine,
          unit: "s",
          floor: took.floor,
          peer: took.other,
          target: `≤ ${within}× node:http`,
          ok: took.mine <= within * took.floor,
        });
        const peak = (mode: string): number => median(rss[mode] ?? []);
        rows.push({
          label: `${verb}: peak memory`,
          value: peak(mine),
          unit: "MiB",
          floor: peak(floor),
          peer: peak(other),
          target: `< ${below} MiB`,
          ok: peak(mine) < below,
        });
      }
      return { rows };
    } finally {
      server.kill();
      rmSync(folder, { recursive: true });
    }
  },
};
export default bench;
