/**
 * 1 GiB to and from a server on loopback that keeps nothing, each transfer in a process of its own: a write whose length
 * nobody knows beforehand, and a read. Floor: node:http by hand. Peer: @aws-sdk/lib-storage, and the SDK's own GetObject,
 * with their defaults. Medians of interleaved runs.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Bench, inProcess, interleaved } from "./measure.ts";

const rounds = 3;

const bench: Bench = {
  name: "S3",
  async run() {
    const script = fileURLToPath(new URL("./s3/null-server.ts", import.meta.url));
    const server = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      const [port] = await once(server.stdout, "data");
      const rss: Record<string, number> = {};
      const seconds = (mode: string) => () => {
        const run = inProcess<{ seconds: number; rssMiB: number }>(
          "./s3/run.ts",
          mode,
          `http://127.0.0.1:${Number(port)}`,
        );
        rss[mode] = Math.max(rss[mode] ?? 0, run.rssMiB);
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
        const memory = rss[mine] ?? Number.NaN;
        rows.push({
          label: `${verb}: peak memory`,
          value: memory,
          unit: "MiB",
          floor: rss[floor] ?? Number.NaN,
          peer: rss[other] ?? Number.NaN,
          target: `< ${below} MiB`,
          ok: memory < below,
        });
      }
      return { rows };
    } finally {
      server.kill();
    }
  },
};
export default bench;
