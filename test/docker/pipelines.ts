import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { compute, Dataset, file, ndjson, Pipeline, secret, storage, task, text } from "@glacier/core";
import { nodeImage, shellImage } from "../services/docker.ts";

interface Order {
  id: number;
  amount: number;
}

const source = new Dataset<number>("source", { storage: storage.localFs({ basePath: "given-by-binding" }) });
const orders = new Dataset<Order, "rows">("orders", { format: ndjson() });
const total = new Dataset<number>("total");
const report = new Dataset("report", { format: text() });
const counted = new Dataset("counted", { format: file({ extension: "txt" }) });
const container = compute.container({ image: nodeImage, memory: 256, cpu: 1, env: { GREETING: "hello" } });

const make = task("make", { output: orders }, () => [1, 2, 3].map((id) => ({ id, amount: id * 10 })));

/** Both forms: a handler under the image's Node, and a command. */
export const both = new Pipeline(
  "both",
  [
    make,
    task(
      "sum",
      { inputs: { orders }, output: total, compute: container, secrets: { key: secret("docker-test-key") } },
      async ({ orders }, ctx) => {
        ctx.log.info("from the handler", { greeting: process.env["GREETING"] ?? "" });
        console.log(`plain output, key ${ctx.secrets.key}`);
        console.error("plain error output");
        let sum = 0;
        for await (const { amount } of orders) sum += amount;
        return sum;
      },
    ),
    task.command("report", {
      inputs: { total },
      output: report,
      compute: compute.container({ image: shellImage }),
      command: ["sh", "-c", 'echo counting; echo "total: $(cat "$GLACIER_INPUT_TOTAL")" > "$GLACIER_OUTPUT_OUTPUT"'],
    }),
    task.command("count", {
      inputs: { orders },
      output: counted,
      compute: compute.container({ image: shellImage }),
      command: ["sh", "-c", 'wc -l < "$GLACIER_INPUT_ORDERS" > "$GLACIER_OUTPUT_OUTPUT"'],
    }),
  ],
  { module: import.meta.url },
);

/** A command that never ends by itself. */
export const endless = (timeout?: number): Pipeline<"container"> =>
  new Pipeline("endless", [
    task.command("sleep", {
      output: report,
      compute: compute.container({ image: shellImage }),
      command: ["sh", "-c", "echo sleeping; sleep 1000"],
      ...(timeout !== undefined && { timeout }),
    }),
  ]);

/** A command with this image and these words. */
export const command = (
  image: string,
  words: readonly [string, ...string[]],
  limits: { cpu?: number; memory?: number; gpu?: number } = {},
): Pipeline<"container"> =>
  new Pipeline("command", [
    task.command("run", { output: report, compute: compute.container({ image, ...limits }), command: words }),
  ]);

/** A handler with a secret that waits to be looked at. */
export const waiting = new Pipeline(
  "waiting",
  [
    task("wait", { output: total, compute: container, secrets: { key: secret("docker-test-key") } }, async (_, ctx) => {
      ctx.log.info("waiting");
      await new Promise((resolve) => setTimeout(resolve, 1_000_000));
      return ctx.secrets.key.length;
    }),
  ],
  { module: import.meta.url },
);

/** A handler that says what it reads, and whether it may write there. */
export const copying = new Pipeline(
  "copying",
  [
    task(
      "copy",
      { inputs: { source }, output: new Dataset<unknown>("total"), compute: container },
      async ({ source }, ctx) => {
        const folder = readFileSync("/proc/self/mountinfo", "utf8").match(/ (\/\S*in:\\040put) /)?.[1];
        const writing = await writeFile(join(String(folder).replace("\\040", " "), "x"), "").then(
          () => "allowed",
          (error: NodeJS.ErrnoException) => error.code,
        );
        ctx.log.info("tried");
        return { source, writing };
      },
    ),
  ],
  { module: import.meta.url },
);

/** A handler in an image without Node. */
export const nodeless = new Pipeline(
  "nodeless",
  [task("one", { output: total, compute: compute.container({ image: shellImage }) }, () => 1)],
  {
    module: import.meta.url,
  },
);

/** Handlers that end badly. */
export const exits = new Pipeline(
  "exits",
  [task("exit", { output: total, compute: container }, () => process.exit(7))],
  { module: import.meta.url },
);
export const hungry = new Pipeline(
  "hungry",
  [
    task("eat", { output: total, compute: compute.container({ image: nodeImage, memory: 128 }) }, () => {
      const eaten: Buffer[] = [];
      for (;;) eaten.push(Buffer.alloc(16 * 1024 * 1024, 1));
    }),
  ],
  { module: import.meta.url },
);
