import { createRegistry } from "@glacier/core";
import { expect, expectTypeOf, it } from "vitest";
import { pipelineOf, taskOf } from "../../test/plans.ts";
import { type AWSCompilation, AWSTarget, aws } from "../index.ts";

it("is what the provider brings, its options checked", () => {
  const registry = createRegistry([aws]);
  expect(registry.target("aws", { region: "us-east-1" })).toBeInstanceOf(AWSTarget);
  expect(() => registry.target("aws")).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
  expect(() => registry.target("aws", { region: "hunter2" })).toThrow(
    expect.objectContaining({ code: "OPTION_INVALID", message: expect.not.stringContaining("hunter2") }),
  );
});

it("compiles to a compilation of its own type, without code where it can't be deployed", async () => {
  const pipeline = pipelineOf([taskOf("load", { compute: { kind: "local" } })]);
  const compilation = await pipeline.compile({ target: new AWSTarget({ region: "us-east-1" }) });
  expectTypeOf(compilation).toEqualTypeOf<AWSCompilation>();
  expect(compilation.diagnostics.map(({ severity, error }) => `${severity} ${error.code}`)).toEqual([
    "error COMPUTE_UNSUPPORTED",
  ]);
  await expect(compilation.toTerraform("nowhere")).rejects.toMatchObject({ code: "COMPUTE_UNSUPPORTED" });
});

it("a pipeline that doesn't say where its code is stops it", async () => {
  const target = new AWSTarget({ region: "us-east-1" });
  await expect(pipelineOf([taskOf("load")]).compile({ target })).rejects.toMatchObject({ code: "MODULE_INVALID" });
});
