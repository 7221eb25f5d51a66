import { GlacierError } from "@glacier/core";
import { describe, expect, it } from "vitest";
import { caughtError } from "./caught.ts";
import { thrownFrom } from "./failure.ts";

const cause = Object.assign(new Error("no price"), { stack: "Error: no price\n    at clean (tasks.ts:3:9)" });
const failed = new GlacierError("TASK_FAILED", {
  message: "task failed",
  hint: "look",
  cause,
  context: { task: "clean" },
});

/** As Lambda's runtime answers an error, and Step Functions hands it on. */
function passedOn(error: GlacierError) {
  const { name, message, stack = "" } = thrownFrom(error);
  return { Error: name, Cause: JSON.stringify({ errorType: name, errorMessage: message, trace: stack.split("\n") }) };
}

describe("an error of a task's function", () => {
  it("is named for Retry, and says in its code whether it may be tried again", () => {
    const name = (code: "TASK_FAILED" | "DATA_INVALID", retryable?: boolean) =>
      thrownFrom(new GlacierError(code, { message: "m", hint: "h", ...(retryable !== undefined && { retryable }) }))
        .name;
    expect([name("TASK_FAILED"), name("DATA_INVALID"), name("TASK_FAILED", false), name("DATA_INVALID", true)]).toEqual(
      ["TASK_FAILED", "DATA_INVALID", "TASK_FAILED.Final", "RetryableError"],
    );
  });

  it("has the handler's own stack", () => expect(thrownFrom(failed).stack).toBe(cause.stack));

  it("comes out of Step Functions as it was", () => {
    expect(caughtError(passedOn(failed)).toJSON()).toEqual(failed.toJSON());
  });

  it("has room in a cause, whatever it quotes", () => {
    const long = '"\\\n'.repeat(100_000);
    const issues = Array.from({ length: 50 }, () => new GlacierError("DATA_INVALID", { message: long, hint: long }));
    const stack = Object.assign(new Error(long), { stack: long });
    const huge = new GlacierError("DATA_INVALID", { message: long, hint: long, issues, cause: stack });
    expect(passedOn(huge).Cause.length).toBeLessThan(32_768);
    expect(caughtError(passedOn(huge))).toMatchObject({ code: "DATA_INVALID", issues: { length: 5 } });
  });
});

describe("what ends a task without a word of its own", () => {
  const lambda = (errorType: string, errorMessage: string) => ({
    Error: errorType,
    Cause: JSON.stringify({ errorType, errorMessage }),
  });
  const ecs = (container: object) => ({
    Error: "States.TaskFailed",
    Cause: JSON.stringify({
      Containers: [
        { Name: "log-router", ExitCode: 137 },
        { Name: "task", ...container },
      ],
    }),
  });

  it.each([
    ["its time", lambda("Sandbox.Timedout", "RequestId: 1 Error: Task timed out after 3.00 seconds"), "TASK_TIMEOUT"],
    ["the state's time", { Error: "States.Timeout", Cause: "" }, "TASK_TIMEOUT"],
    [
      "its memory",
      lambda("Runtime.ExitError", "RequestId: 1 Error: Runtime exited with error: signal: killed"),
      "OUT_OF_MEMORY",
    ],
    ["its memory, as Lambda says it", lambda("Runtime.OutOfMemory", "RequestId: 1 Error"), "OUT_OF_MEMORY"],
    [
      "process.exit",
      lambda("Runtime.ExitError", "RequestId: 1 Error: Runtime exited with error: exit status 3"),
      "TASK_CRASHED",
    ],
    ["a throttle", { Error: "Lambda.TooManyRequestsException", Cause: "Rate Exceeded" }, "THROTTLED"],
    ["an outage", { Error: "Lambda.ServiceException", Cause: "sorry" }, "UNAVAILABLE"],
    [
      "a policy",
      { Error: "Lambda.AWSLambdaException", Cause: "User is not authorized to perform" },
      "PERMISSION_DENIED",
    ],
    [
      "a throttle of ECS's own, as Step Functions names it",
      {
        Error: "ECS.AmazonECSException",
        Cause: "Rate exceeded. (Service: AmazonECS; Status Code: 400; Error Code: ThrottlingException; Request ID: 1)",
      },
      "THROTTLED",
    ],
    [
      "a throttle of the network's, which ECS calls another",
      {
        Error: "ECS.InvalidParameterException",
        Cause: "Error retrieving subnet information for [subnet-1]: Rate exceeded",
      },
      "THROTTLED",
    ],
    [
      "a subnet",
      { Error: "ECS.InvalidParameterException", Cause: "The subnet ID 'x' does not exist" },
      "OPTION_INVALID",
    ],
    ["no function", { Error: "Lambda.ResourceNotFoundException", Cause: "Function not found: x" }, "NOT_FOUND"],
    ["no cluster", { Error: "ECS.ClusterNotFoundException", Cause: "Cluster not found." }, "NOT_FOUND"],
    ["no task definition", { Error: "ECS.ClientException", Cause: "TaskDefinition not found." }, "NOT_FOUND"],
    [
      "no room in ECS",
      { Error: "ECS.ClientException", Cause: "Tasks provisioning capacity limit exceeded." },
      "UNAVAILABLE",
    ],
    ["an exit code", ecs({ ExitCode: 3 }), "TASK_CRASHED"],
    ["a container's memory", ecs({ ExitCode: 137, Reason: "OutOfMemoryError: Container killed" }), "OUT_OF_MEMORY"],
    ["its image", ecs({ Reason: "CannotPullContainerError: not found" }), "IMAGE_UNAVAILABLE"],
    ["an engine", { Error: "States.DataLimitExceeded", Cause: "why" }, "INTERNAL"],
    ["something else", { Error: "Boom", Cause: "not JSON" }, "TASK_CRASHED"],
  ])("%s", (_, caught, code) => {
    expect(caughtError(caught)).toMatchObject({ code, hint: expect.stringMatching(/\w/) });
  });

  it("says what to do where nothing is deployed, and that nothing was started", () => {
    const error = caughtError({ Error: "Lambda.ResourceNotFoundException", Cause: "Function not found: x" });
    expect(error).toMatchObject({ retryable: false, hint: expect.stringContaining("terraform apply") });
    expect(error.message).toMatch(/^it could not be started: .*Function not found/);
  });

  it("knows whose container ended: ECS tells what it was started with", () => {
    const Environment = [{ Name: "GLACIER_TASK", Value: "train" }];
    const Overrides = { ContainerOverrides: [{ Name: "task", Environment }] };
    const Cause = JSON.stringify({ Containers: [{ Name: "task", ExitCode: 9 }], Overrides });
    expect(caughtError({ Error: "States.TaskFailed", Cause })).toMatchObject({
      code: "TASK_CRASHED",
      message: 'task "train": its container ended with exit code 9',
      context: { task: "train", exitCode: 9 },
    });
  });

  it("keeps the exit code", () => {
    expect(caughtError(lambda("Runtime.ExitError", "Runtime exited with error: exit status 3")).context).toEqual({
      exitCode: 3,
    });
  });
});
