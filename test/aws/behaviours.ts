import { compute, Dataset, Pipeline, secret, storage, task } from "@glacier/core";
import { z } from "zod";

const source = new Dataset("source", {
  schema: z.object({ price: z.number() }),
  storage: storage.s3({ bucket: "sources", key: "source.json" }),
});
const made = new Dataset<number>("made");
let invocations = 0;

/** Tasks that end in every way that a function can. */
export const pipeline: Pipeline<"container" | "serverless", { day: string }> = new Pipeline(
  "behaviours",
  [
    task(
      "works",
      { inputs: { source }, output: made, params: z.object({ day: z.string() }) },
      ({ source }, { log, params }) => {
        log.info("working", { day: params.day });
        return source.price * 2;
      },
    ),
    task("follows", { inputs: { made }, output: new Dataset<number>("followed") }, ({ made }) => made + 1),
    task("throws", { output: new Dataset<number>("thrown"), retries: 1 }, () => {
      throw new TypeError("no price");
    }),
    task("returns_nonsense", { output: new Dataset("nonsense", { schema: z.number() }) }, () => "text" as never),
    task("hangs", { output: new Dataset<number>("hung") }, () => new Promise<number>(() => {})),
    task(
      "is_limited",
      { output: new Dataset<number>("late"), compute: compute.serverless({ timeout: 1 }) },
      () => new Promise<number>(() => {}),
    ),
    task(
      "lingers",
      {
        output: new Dataset<number>("lingered"),
        compute: compute.serverless({ timeout: 1 }),
        secrets: { key: secret("api-key") },
      },
      async (_, { secrets }) => {
        await new Promise((resolve) => setTimeout(resolve, 2500));
        console.log(`late ${secrets.key}`);
        setTimeout(() => {
          throw new Error("too late");
        });
        return 1;
      },
    ),
    task("loops", { output: new Dataset<number>("looped") }, () => {
      for (;;);
    }),
    task("exits", { output: new Dataset<number>("left") }, () => process.exit(3)),
    task("rejects_elsewhere", { output: new Dataset<number>("lost") }, () => {
      void Promise.reject(new RangeError("nobody listens"));
      return new Promise<number>(() => {});
    }),
    task("talks", { output: new Dataset<number>("said") }, (_, { log }) => {
      for (let i = 0; i < 5000; i++) log.info(`line ${i} of very many that nobody will ever read to their end`);
      return 1;
    }),
    task(
      "keeps_secrets",
      { output: new Dataset<object>("kept"), secrets: { key: secret("api-key") } },
      (_, { secrets, log }) => {
        process.stdout.write(`printed ${secrets.key}\n`);
        console.warn("warned %s", secrets.key);
        log.info(`logged ${secrets.key}`);
        if (secrets.key.startsWith("bad")) throw new Error(`can't use ${secrets.key}`);
        return { length: secrets.key.length };
      },
    ),
    task("counts", { output: new Dataset<object>("counted") }, () => ({
      invocations: ++invocations,
      secrets: Object.values(process.env).some((value) => value?.includes("hunter2")),
    })),
    task(
      "in_container",
      { output: new Dataset<number>("contained"), compute: compute.container({ image: "glacier-test/node:1" }) },
      () => 7,
    ),
    task(
      "breaks_in_container",
      { output: new Dataset<number>("broken"), compute: compute.container({ image: "glacier-test/node:1" }) },
      () => {
        throw new Error("no luck in here");
      },
    ),
    task(
      "waits_in_container",
      { output: new Dataset<number>("waited"), compute: compute.container({ image: "glacier-test/node:1" }) },
      () => new Promise<number>(() => {}),
    ),
    task.command("runs_command", {
      output: new Dataset<number>("commanded"),
      compute: compute.container({ image: "glacier-test/node:1" }),
      command: ["sh", "-c", 'echo 9 > "$GLACIER_OUTPUT_OUTPUT"'],
    }),
  ],
  { module: import.meta.url },
);
