import { Dataset, Pipeline, storage, task } from "@glacier/core";
import { describe, expect, it } from "vitest";
import { aws } from "../provider.ts";
import { AWSTarget } from "../target/index.ts";
import { AWSExecutor, type AWSExecutorOptions } from "./index.ts";

describe("options of AWSExecutor", () => {
  it.each<[string, unknown]>([
    ["region", "Ireland"],
    ["region", 7],
    ["mode", "sideways"],
    ["concurrency", 0],
    ["concurrency", 1.5],
    ["bucket", ""],
    ["checkCode", "no"],
    ["credentials", { user: "hunter2" }],
    ["endpoint", "localhost:9000"],
    ["clients", { lambda: {} }],
    ["clients", { sqs: { send() {} } }],
    ["nonsense", 1],
  ])("%s can't be %j", (name, value) => {
    const make = () => new AWSExecutor({ [name]: value } as AWSExecutorOptions);
    expect(make).toThrowError(
      expect.objectContaining({ code: "OPTION_INVALID", message: expect.stringContaining(name) }),
    );
    expect(make).not.toThrowError(expect.objectContaining({ message: expect.stringContaining("hunter2") }));
  });

  it.each(["eu-west-1", "us-gov-west-1", "eusc-de-east-1"])("%s is a region, as it is for AWSTarget", (region) => {
    expect(() => new AWSExecutor({ region })).not.toThrow();
    expect(() => new AWSTarget({ region })).not.toThrow();
  });

  it("may all be left out, and come from a config", () => {
    expect(new AWSExecutor()).toMatchObject({ name: "aws", supports: ["serverless", "container"] });
    expect(aws.executors?.["aws"]?.({ region: "eu-west-1", concurrency: 3 })).toMatchObject({ concurrency: 3 });
  });

  it("binds a plan to the bucket that it is given, for whoever may not look the deployment up", async () => {
    const executor = new AWSExecutor({ region: "eu-west-1", bucket: "acme" });
    const own = new Dataset<number>("own", { storage: storage.s3({ bucket: "mine" }) });
    const made = task("make", { inputs: { own }, output: new Dataset<number>("made") }, ({ own }) => own);
    const plan = new Pipeline("p", [made]).plan({ for: executor });
    const bound = await executor.bind(plan);
    expect(bound.state).toEqual({ kind: "s3", bucket: "acme", prefix: ".glacier/" });
    expect(bound.datasets.map(({ storage }) => storage["bucket"]).sort()).toEqual(["acme", "mine"]);
  });

  it("has an engine in orchestrated mode only", () => {
    expect(new AWSExecutor().runPipeline).toBeUndefined();
    expect(new AWSExecutor({ mode: "orchestrated" }).runPipeline).toBeTypeOf("function");
  });
});
