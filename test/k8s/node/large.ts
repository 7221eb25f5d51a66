import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Pipeline, RunEvent } from "@glacier/core";
import { KubernetesExecutor } from "@glacier/k8s";
import { expect, it, onTestFinished } from "vitest";
import { type NodeCluster, registry, storeOf } from "./cluster.ts";

/** Code that no ConfigMap takes. */
export function large(use: () => NodeCluster): void {
  it("code that is too large for a ConfigMap goes by the storage, and is gone after the run", {
    timeout: 120_000,
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "glacier-large-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "pipeline.ts");
    // It doesn't get smaller by compression.
    const text = randomBytes(1.5 * 1024 * 1024).toString("base64");
    writeFileSync(
      file,
      [
        `import { Dataset, Pipeline, task } from ${JSON.stringify(fileURLToPath(import.meta.resolve("@glacier/core")))};`,
        `const text = ${JSON.stringify(text)};`,
        `const count = task("count", { output: new Dataset("length") }, (_, { log }) => { log.info("counts"); return text.length; });`,
        `export const pipeline = new Pipeline("large", [count], { module: import.meta.url });`,
      ].join("\n"),
    );
    const { pipeline } = (await import(file)) as { pipeline: Pipeline<"container"> };
    const options = await use().options();
    const store = storeOf(options);
    const stored = async () => {
      const keys: string[] = [];
      for await (const { key } of store.list(".glacier/code/")) keys.push(key);
      return keys;
    };
    let during: Promise<unknown[]> | undefined;
    await pipeline.run({
      executor: new KubernetesExecutor(options),
      registry: registry(),
      runId: "large",
      onEvent(event: RunEvent) {
        if (event.type !== "log") return;
        const maps = use().cluster.kubectl([
          "-n",
          "tasks",
          "get",
          "configmap",
          "-l",
          "glacier.dev/run=large",
          "-o",
          "name",
        ]);
        during ??= Promise.all([stored(), maps]);
      },
    });
    expect(await during).toEqual([
      [expect.stringMatching(/^\.glacier\/code\/large\/large-[0-9a-f]{64}\.json\.gz$/)],
      "",
    ]);
    expect((await store.readJson("length.json"))?.value).toBe(text.length);
    expect(await stored()).toEqual([]);
  });
}
