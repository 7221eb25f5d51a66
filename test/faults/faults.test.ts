import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytes, Dataset, type GlacierError, ndjson, Pipeline, storage, task } from "@glacier/core";
import { LocalExecutor } from "@glacier/local";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const refusal = mountRefusal();
if (refusal !== undefined && process.env["CI"] === "true") throw new Error(refusal);

let folder: string;
let mounts: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "glacier-faults-"));
  mounts = [];
});
afterEach(() => {
  for (const mount of mounts) execFileSync("umount", ["-l", mount]);
  rmSync(folder, { recursive: true, force: true });
});

const source = () =>
  new Dataset<{ n: number }, "rows">("source", {
    format: ndjson(),
    storage: storage.localFs({ basePath: join(folder, "in") }),
  });
const copy = new Dataset<{ n: number }, "rows">("copy", { format: ndjson() });
const blob = new Dataset("blob", { format: bytes() });

const copying = () => {
  const from = source();
  return new Pipeline("faults", [task("copy", { inputs: { from }, output: copy }, ({ from }) => from)]);
};
const filling = (megabytes: number) =>
  new Pipeline("faults", [
    task("fill", { output: blob }, async function* () {
      for (let i = 0; i < megabytes; i++) yield new Uint8Array(1024 * 1024);
    } as never),
  ]);

async function failure(run: Promise<unknown>): Promise<GlacierError> {
  const error = await run.then(
    () => undefined,
    (thrown: GlacierError) => thrown,
  );
  expect(error, "the run should fail").toBeDefined();
  return (error?.issues[0] ?? error) as GlacierError;
}

describe("a run whose disk goes wrong", () => {
  it("says what is missing before anything runs", async () => {
    const error = await failure(copying().run({ executor: new LocalExecutor({ storage: join(folder, "out") }) }));
    expect(error).toMatchObject({ code: "DATASET_MISSING", context: { dataset: "source" } });
    expect(error.message).toContain(join(folder, "in", "source.ndjson"));
    expect(existsSync(join(folder, "out"))).toBe(false);
  });

  it.skipIf(refusal !== undefined)(
    "full: STORAGE_FULL, the old data stays whole, and a resume with room goes on",
    async () => {
      const disk = mount("size=3m");
      const executor = () => new LocalExecutor({ storage: disk });
      await filling(1).run({ executor: executor() });
      const error = await filling(5)
        .run({ executor: executor(), runId: "r" })
        .then(
          () => expect.unreachable(),
          (thrown: GlacierError) => thrown,
        );
      expect(error.issues[0]).toMatchObject({ code: "STORAGE_FULL", context: { task: "fill" } });
      expect(readFileSync(join(disk, "blob.bin"))).toHaveLength(1024 * 1024);
      expect(readdirSync(disk).sort()).toEqual([".glacier", "blob.bin"]);
      execFileSync("mount", ["-o", "remount,size=20m", disk]);
      await filling(5).run({ executor: executor(), resume: "r" });
      expect(readFileSync(join(disk, "blob.bin"))).toHaveLength(5 * 1024 * 1024);
    },
  );

  it.skipIf(refusal !== undefined)("read-only: PERMISSION_DENIED", async () => {
    const disk = mount("size=3m");
    mkdirSync(join(folder, "in"));
    writeFileSync(join(folder, "in", "source.ndjson"), '{"n":1}\n');
    execFileSync("mount", ["-o", "remount,ro", disk]);
    expect(await failure(copying().run({ executor: new LocalExecutor({ storage: disk }) }))).toMatchObject({
      code: "PERMISSION_DENIED",
    });
  });
});

it("a line of a GiB is refused before it is read", async () => {
  mkdirSync(join(folder, "in"));
  const path = join(folder, "in", "source.ndjson");
  writeFileSync(path, '{"n":1}\n"');
  execFileSync("truncate", ["-s", "1G", path]);
  const before = process.memoryUsage.rss();
  const error = await failure(copying().run({ executor: new LocalExecutor({ storage: join(folder, "out") }) }));
  expect(error).toMatchObject({ code: "ROW_TOO_LARGE", context: { task: "copy", dataset: "source", line: 2 } });
  expect(process.memoryUsage.rss() - before).toBeLessThan(400 * 1024 * 1024);
  expect(existsSync(join(folder, "out", "copy.ndjson"))).toBe(false);
});

function mount(options: string): string {
  const place = join(folder, `disk${mounts.length}`);
  mkdirSync(place);
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "none", place]);
  mounts.push(place);
  return place;
}

/** Why no disk can be mounted here; undefined where it can. */
function mountRefusal(): string | undefined {
  try {
    execFileSync("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"], { stdio: "pipe" });
    return undefined;
  } catch {
    return "the suites of full and read-only disks need to mount tmpfs: run them as root on Linux";
  }
}
