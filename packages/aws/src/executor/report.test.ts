import { describe, expect, it } from "vitest";
import { describeReport, parseReport } from "./report.ts";

// As CloudWatch has it: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
const line =
  "REPORT RequestId: 79b4f56e-95b1-4643-9700-2807f4e68189\tDuration: 147.50 ms\tBilled Duration: 148 ms\tMemory Size: 128 MB\tMax Memory Used: 73 MB\t";

describe("the REPORT line", () => {
  it("has the figures of an invocation", () => {
    const report = parseReport(`START RequestId: x\nDuration: 1 ms\nEND RequestId: x\n${line}\n`);
    expect(report).toEqual({
      requestId: "79b4f56e-95b1-4643-9700-2807f4e68189",
      duration: 147.5,
      billed: 148,
      memory: 128,
      maxMemory: 73,
    });
    expect(report && describeReport(report)).toBe("148 ms, billed 148 ms, 73 of 128 MB");
  });

  it("tells of a cold start, and of more than is known here", () => {
    const report = parseReport(`${line}Init Duration: 523.6 ms\tStatus: timeout\t\nXRAY TraceId: 1-2\tSegmentId: 3\n`);
    expect(report).toMatchObject({ duration: 147.5, init: 523.6 });
    expect(report && describeReport(report)).toMatch(/^cold start 524 ms, /);
  });

  it.each(["", "REPORT RequestId: x\tDuration: 1 ms", "a log that was cut off"])("may be lacking: %j", (log) => {
    expect(parseReport(log)).toBeUndefined();
  });
});
