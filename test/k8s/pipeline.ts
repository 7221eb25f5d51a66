import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { Dataset, ndjson, Pipeline, secret, task, text } from "@glacier/core";
import { z } from "zod";

const numbers = new Dataset("numbers", { format: ndjson<{ n: number }>() });
const squares = new Dataset("squares", { format: ndjson<{ n: number }>() });
const sum = new Dataset<number>("sum");
const report = new Dataset("report", { format: text() });

const params = z.object({ count: z.number(), fail: z.string().default(""), release: z.string().default("") });

/** A pipeline whose tasks fail where the params say so. */
export const pipeline = new Pipeline(
  "squares",
  [
    task("make", { output: numbers, params }, async function* (_, { params: { count } }) {
      for (let n = 1; n <= count; n++) yield { n };
    }),
    task(
      "square-all",
      { inputs: { numbers }, output: squares, params, retries: { max: 2, delay: 0 } },
      async function* ({ numbers }, { params: { fail, release }, attempt, log }) {
        if (fail === "once" && attempt === 1) throw new Error("not the first time");
        if (fail === "always") throw new Error("never");
        if (fail === "wait") {
          log.info("waiting");
          while (!existsSync(release)) await new Promise((resolve) => setTimeout(resolve, 100));
        }
        if (fail === "exit") {
          process.stderr.write("good-bye\n");
          process.exit(137);
        }
        for await (const { n } of numbers) yield { n: n * n };
      },
    ),
    task(
      "sum_up",
      { inputs: { squares }, output: sum, params, secrets: { key: secret("api-key") } },
      async ({ squares }, { params: { fail }, secrets, log }) => {
        log.info(`the key is ${secrets.key}`);
        if (fail === "leak") spawnSync("echo", ["a process says", secrets.key], { stdio: "inherit" });
        let total = 0;
        for await (const { n } of squares) total += n;
        return total;
      },
    ),
    task.command("tell", {
      inputs: { sum },
      output: report,
      command: [
        "sh",
        "-c",
        'printf "sum %s" "$(cat "$GLACIER_INPUT_SUM")" > "$GLACIER_OUTPUT_OUTPUT"; env | grep GLACIER_SECRET_ >&2 || true',
      ],
    }),
  ],
  { module: import.meta.url },
);
