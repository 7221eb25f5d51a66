import type { Json } from "@glacier/core";
import { describe, expect, it } from "vitest";
import { startOf } from "./start.ts";

describe("an execution's run", () => {
  it.each<[string, Json, Json]>([
    ["nothing", {}, {}],
    ["params", { params: { top: 5 } }, { top: 5 }],
    ["its own name as run id", { runId: "run-1", params: { top: 5 } }, { top: 5 }],
    ["a state machine that started it", { AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: "arn:aws:states:1" }, {}],
  ])("with %s", (_, input, params) => {
    expect(startOf("run-1", input)).toEqual({ runId: "run-1", params });
  });

  it.each<[string, Json, string]>([
    ["params that are not below params", { top: 5 }, 'has "top"'],
    ["a key that is misspelt", { parms: { top: 5 } }, 'has "parms"'],
    ["an array", [{ top: 5 }], "an array"],
    ["a text", "monday", "no object"],
    ["null", null, "no object"],
    ["params that are a text", { params: "monday" }, "no object"],
    ["params that are null", { params: null }, "no object"],
    ["params that are an array", { params: [1] }, "no object"],
  ])("with %s is refused", (_, input, said) => {
    expect(() => startOf("run-1", input)).toThrowError(
      expect.objectContaining({ code: "PARAMS_INVALID", message: expect.stringContaining(said) }),
    );
  });

  it("has the execution's name, and no other run's id", () => {
    expect(() => startOf("run-2", { runId: "run-1" })).toThrowError(
      expect.objectContaining({ code: "OPTION_INVALID" }),
    );
    expect(() => startOf("my.run", {})).toThrowError(
      expect.objectContaining({ code: "OPTION_INVALID", message: expect.stringContaining('"my.run" is no run id') }),
    );
  });
});
