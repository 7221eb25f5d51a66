import { expect, it } from "vitest";
import { Dataset } from "../dataset/dataset.ts";
import type { Compilation, Target } from "../provider/target.ts";
import { task } from "../task/task.ts";
import { Pipeline } from "./pipeline.ts";

const out = new Dataset<number>("out");
const pipeline = new Pipeline("one", [task("make", { output: out }, () => 1)]);
const folder = { kind: "localFs", basePath: "data" };
const target = (compile: Target["compile"]): Target => ({
  name: "files",
  defaultStorage: folder,
  state: folder,
  compile,
});

it("a target gets the plan, bound to its own storage, and its compilation comes back as it is", async () => {
  interface Files extends Compilation {
    readonly toFiles: () => string;
  }
  const files: Target<Files> = {
    ...target(async () => expect.fail()),
    compile: async (plan, context) => ({
      diagnostics: [],
      forms: { files: async () => ({}) },
      toFiles: () => `${plan.tenant} ${plan.datasets[0]?.storage.kind} ${context.pipeline === pipeline}`,
    }),
  };
  const compilation = await pipeline.compile({ target: files, tenant: "acme" });
  expect(compilation.toFiles()).toBe("acme localFs true");
});

it.each<[string, unknown, RegExp]>([
  ["nothing", undefined, /no target: `name`.*; `compile`/],
  [
    "an executor",
    { name: "local", defaultStorage: folder, state: folder, execute() {} },
    /no target: `compile` must be/,
  ],
  ["a target without storage", { name: "x", state: folder, compile() {} }, /no target: `defaultStorage` must be/],
  [
    "a result without forms",
    target(async () => ({ diagnostics: [], forms: {} })),
    /"files" returned no compilation: `forms`/,
  ],
  [
    "a diagnostic that is text",
    target(async () => ({ diagnostics: ["careful"] as never, forms: { files: async () => ({}) } })),
    /no compilation: `diagnostics` must be/,
  ],
  ["no result", target(async () => undefined as never), /returned no compilation: `diagnostics` .*; `forms`/],
])("%s is PROVIDER_INVALID, and rejects", async (_, value, message) => {
  const error = { code: "PROVIDER_INVALID", message: expect.stringMatching(message) };
  await expect(pipeline.compile({ target: value as Target })).rejects.toMatchObject(error);
});

it("a broken pipeline rejects before the target is asked", async () => {
  const lost = new Dataset<number>("lost");
  const broken = new Pipeline("broken", [task("take", { inputs: { lost }, output: out }, () => 1)]);
  await expect(broken.compile({ target: target(() => expect.fail()) })).rejects.toMatchObject({
    code: "PIPELINE_INVALID",
  });
});
