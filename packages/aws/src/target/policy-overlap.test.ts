import { compute, Dataset, type InvalidRow, ndjson, secret, storage } from "@glacier/core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { readCloudFormation } from "../../test/cloudformation-file.ts";
import { compiled, dag, pipelineOf, planOf, said, taskOf } from "../../test/plans.ts";
import { mistakes, thingsOf } from "../../test/reach.ts";
import { readTerraform } from "../../test/terraform-file.ts";

/** Names that wildcards could take for each other. */
const names = ["load", "load-2", "load_2", "reload", "load-load", "l", "lo", "run", "attempts", "a-load-1"];
const secrets = ["key", "key-2", "api-key", "Key", "key_2"];

/** What a task has besides its inputs. */
const traits = fc.record({
  container: fc.boolean(),
  quarantine: fc.boolean(),
  secrets: fc.uniqueArray(fc.constantFrom(...secrets), { maxLength: 2 }),
  source: fc.constantFrom(undefined, "raw", "raw*", "raw?1"),
  outputs: fc.integer({ min: 1, max: 2 }),
  bucket: fc.constantFrom(undefined, "acme", "acme-2"),
});

it("each role may what its task takes, and nothing of another's", async () => {
  const graphs = dag(names.length).chain((graph) =>
    fc.tuple(
      fc.constant(graph),
      fc.array(traits, { minLength: graph.length, maxLength: graph.length }),
      fc.constantFrom(undefined, "acme"),
    ),
  );
  await fc.assert(
    fc.asyncProperty(graphs, async ([graph, all, tenant]) => {
      const sources = new Map<string, Dataset>();
      const source = (key: string) => {
        const name = `source_${["raw", "raw*", "raw?1"].indexOf(key)}`;
        const made = new Dataset(name, { storage: storage.s3({ bucket: "acme", prefix: "in/", key }) });
        if (!sources.has(key)) sources.set(key, made as Dataset);
        return sources.get(key);
      };
      const outputs = graph.map((_, i) =>
        Array.from({ length: all[i]?.outputs ?? 1 }, (_, k) => {
          const bucket = all[i]?.bucket;
          const own = bucket === undefined ? {} : { storage: storage.s3({ bucket, prefix: "out" }) };
          return new Dataset(`${names[i]}${k === 0 ? "" : `-${k}`}`, own);
        }),
      );
      const tasks = graph.map((before, i) => {
        const { container, quarantine, secrets, source: key, bucket } = all[i] as (typeof all)[number];
        const made = outputs[i] as Dataset[];
        return taskOf(names[i] as string, {
          inputs: {
            ...Object.fromEntries(before.map((other) => [`in${other}`, outputs[other]?.[0]])),
            ...(key !== undefined && { source: source(key) }),
          },
          output: Object.fromEntries(made.map((one, k) => [`out${k}`, one])),
          secrets: Object.fromEntries(secrets.map((name, k) => [`s${k}`, secret(name)])),
          ...(container && { compute: compute.container({ image: "node:24" }) }),
          ...(quarantine && { onInvalid: new Dataset(`bad-${names[i]}`, { format: ndjson<InvalidRow>() }) }),
          ...(bucket === "acme-2" && { retries: 2 }),
        });
      });
      const pipeline = pipelineOf(tasks);
      const compilation = await compiled(pipeline, { tenant });
      expect(said(compilation.diagnostics).filter((line) => line.startsWith("error"))).toEqual([]);
      const plan = planOf(pipeline, { tenant });
      for (const file of [
        readTerraform(await compilation.forms.terraform()),
        readCloudFormation(await compilation.forms.cloudformation()),
      ]) {
        const things = thingsOf(plan, file, tenant === undefined ? "orders/" : `${tenant}/orders/`, "us-east-1");
        expect(mistakes(plan, file, things)).toEqual([]);
      }
    }),
    { numRuns: 200 },
  );
}, 120_000);
