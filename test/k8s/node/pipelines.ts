import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { type ContainerCompute, compute, Dataset, Pipeline, secret, task, text } from "@glacier/core";
import { z } from "zod";
import { nodeImage, shellImage } from "../../services/docker.ts";

const here = { module: import.meta.url };
const image = (options: Partial<ContainerCompute> = {}) =>
  compute.container({ image: nodeImage, cpu: 0.1, ...options });
const one = () => new Dataset<number>("one");

export const plain = new Pipeline("plain", [task("makes", { output: one() }, () => 1)], here);

/** Asks for more than there is. */
export const asking = (name: string, options: Partial<ContainerCompute>) =>
  new Pipeline(name, [task("asks", { output: one(), compute: image(options) }, () => 1)], here);

export const absent = asking("absent", { image: "registry.invalid/none:1" });
export const misnamed = asking("misnamed", { image: "No Image" });
export const nodeless = asking("nodeless", { image: shellImage });
export const huge = asking("huge", { cpu: 4000 });
export const accelerated = asking("accelerated", { gpu: 1 });

/** Fills its container with what V8 doesn't count. */
async function eat(): Promise<never> {
  const kept: Buffer[] = [];
  for (;;) {
    kept.push(Buffer.alloc(16 * 1024 * 1024, 1));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const hungry = new Pipeline(
  "hungry",
  [task("eats", { output: one(), compute: image({ memory: 128 }) }, eat)],
  here,
);

/** Has a process tell what it shouldn't, then fills its container. */
export const leaking = new Pipeline(
  "leaking",
  [
    task("leaks", { output: one(), secrets: { key: secret("api-key") } }, async (_, { secrets }) => {
      execFileSync("sh", ["-c", 'echo "a process says $KEY"'], { stdio: "inherit", env: { KEY: secrets.key } });
      return eat();
    }),
  ],
  here,
);

/** Fills its container in a process of its own, as a command does. */
export const hungryCommand = new Pipeline(
  "hungry-command",
  [
    task.command("eats", {
      output: new Dataset("eaten", { format: text() }),
      compute: image({ memory: 128 }),
      command: ["node", "-e", "const kept = []; for (;;) kept.push(Buffer.alloc(16 * 1024 * 1024, 1))"],
    }),
  ],
  here,
);

/** Ends its own process. */
export const crashing = new Pipeline(
  "crashing",
  [
    task("dies", { output: one() }, () => {
      console.error("the last words");
      process.exit(7);
    }),
  ],
  here,
);

/** Writes more than its pod may, and waits for what comes of it. */
export const filling = new Pipeline(
  "filling",
  [
    task("fills", { output: one(), timeout: 300 }, async (_, { signal }) => {
      writeFileSync("/tmp/large", Buffer.alloc(100 * 1024 * 1024, 1));
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return 1;
    }),
  ],
  here,
);

/** A line of `held`, as tests compare it. */
export const short = (line: string): string => line.replace(/-{100,}/, ({ length }) => `${length} dashes`);

/** Says which process it is, waits until the URL answers, and says what was answered. */
export const held = new Pipeline(
  "held",
  [
    task(
      "waits",
      {
        output: new Dataset<string>("answered"),
        params: z.object({ url: z.string() }),
        secrets: { key: secret("api-key") },
      },
      async (_, { log, params, secrets }) => {
        log.info(`started ${performance.timeOrigin} with ${secrets.key}`);
        const answered = await (await fetch(params.url)).text();
        for (let line = 1; line <= 3; line++) console.log(`line ${line}`);
        // Longer than what engines cut lines at.
        console.log("-".repeat(40_000));
        log.info("over");
        return answered;
      },
    ),
  ],
  here,
);

/** What pods are, seen from inside. */
export const inside = new Pipeline(
  "inside",
  [
    task("looks", { output: new Dataset<Record<string, string>>("seen") }, () => {
      const say = (command: string) =>
        execFileSync("sh", ["-c", `(${command}) 2>&1 || true`], { encoding: "utf8" }).trim();
      return {
        user: say("id -u"),
        write: say("echo 1 > /glacier-test"),
        token: say("cat /var/run/secrets/kubernetes.io/serviceaccount/token"),
        capabilities: say("cat /proc/self/status").match(/CapEff:\s*(\w+)/)?.[1] ?? "",
      };
    }),
  ],
  here,
);

/** A pipeline of whatever params. */
export interface Runnable {
  readonly name: string;
  run(options: unknown): Promise<unknown>;
}
