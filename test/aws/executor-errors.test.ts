import { AWSExecutor } from "@glacier/aws";
import { createRegistry, Dataset, Pipeline, type RunEvent, storage, task } from "@glacier/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Answer, startStub } from "./stub.ts";

const pipeline = new Pipeline(
  "orders",
  [task("clean", { output: new Dataset<number>("clean"), retries: { max: 1, delay: 0.01 } }, () => 1)],
  { module: import.meta.url },
);

beforeEach(() => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
});
afterEach(() => void vi.unstubAllEnvs());

const configuration = JSON.stringify({
  FunctionArn: "arn:aws:lambda:eu-west-1:123456789012:function:x",
  Environment: { Variables: { GLACIER_BUCKET: "acme" } },
});

/** Runs the pipeline where the function answers so; S3 is empty, and takes all that is written. */
async function run(
  invoked: (call: number) => Answer | undefined,
  looked: Answer = { status: 200, body: configuration },
) {
  let calls = 0;
  const { endpoint } = await startStub(({ method, url }) => {
    if (url.endsWith("/configuration")) return looked;
    if (url.endsWith("/invocations")) return invoked(++calls);
    if (method === "PUT") return { status: 200, headers: { etag: '"e"' } };
    if (url.includes("list-type=2"))
      return { status: 200, body: "<ListBucketResult><Name>b</Name></ListBucketResult>" };
    return { status: 404, body: "<Error><Code>NoSuchKey</Code><Message>no</Message></Error>" };
  });
  const events: RunEvent[] = [];
  const executor = new AWSExecutor({ region: "eu-west-1", endpoint, checkCode: false });
  const error = await pipeline.run({ executor, onEvent: (event) => events.push(event) }).then(
    () => undefined,
    (thrown) => thrown,
  );
  return { error, issue: error?.issues?.[0] ?? error, events, calls };
}

function refused(status: number, name: string, message = "no"): Answer {
  return { status, headers: { "x-amzn-errortype": name }, body: JSON.stringify({ Message: message, message }) };
}

function crashed(error: { errorType: string; errorMessage: string }, report = ""): Answer {
  const log = Buffer.from(report).toString("base64");
  return {
    status: 200,
    headers: { "x-amz-function-error": "Unhandled", "x-amz-log-result": log },
    body: JSON.stringify(error),
  };
}

const succeeded = (attempt: number): Answer => ({ status: 200, body: JSON.stringify({ task: "clean", attempt }) });

const reportOf = (used: number) =>
  `REPORT RequestId: r\tDuration: 900.00 ms\tBilled Duration: 901 ms\tMemory Size: 128 MB\tMax Memory Used: ${used} MB\t\n`;

describe("what is wrong with the deployment or with access to it", () => {
  it.each([
    [refused(404, "ResourceNotFoundException"), "NOT_FOUND", "apply"],
    [refused(403, "AccessDeniedException"), "PERMISSION_DENIED", "lambda:GetFunctionConfiguration"],
    [refused(403, "ExpiredTokenException"), "PERMISSION_DENIED", "expired"],
    [refused(403, "UnrecognizedClientException"), "PERMISSION_DENIED", "Sign in"],
    [{ status: 200, body: "{}" }, "NOT_FOUND", "apply"],
  ] as const)("%j: %s", async (looked, code, hint) => {
    const { error, events, calls } = await run(() => undefined, looked);
    expect(error).toMatchObject({ code, hint: expect.stringContaining(hint) });
    expect(events).toEqual([]);
    expect(calls).toBe(0);
  });

  it("is asked for again where it is a moment's", async () => {
    let looks = 0;
    const { endpoint } = await startStub(({ url }) => {
      if (!url.endsWith("/configuration")) return { status: 404 };
      return ++looks < 3 ? refused(429, "TooManyRequestsException") : { status: 200, body: configuration };
    });
    const executor = new AWSExecutor({ region: "eu-west-1", endpoint });
    expect(await executor.bind(pipeline.plan({ for: executor }))).toMatchObject({ state: { bucket: "acme" } });
    await executor.close();
    expect(looks).toBe(3);
  });

  it("is told of a single function, too", async () => {
    const { issue } = await run(() => refused(404, "ResourceNotFoundException"));
    expect(issue).toMatchObject({ code: "NOT_FOUND", context: { task: "clean" } });
    expect(issue.message).toContain('"orders-clean"');
  });
});

it("asks for a dataset in the region that it says it is in", async () => {
  const { endpoint, seen } = await startStub(() => ({ status: 404 }));
  const { providers } = new AWSExecutor({ region: "eu-west-1", endpoint });
  const registry = createRegistry(providers);
  await registry
    .storage(storage.s3({ bucket: "here" }))
    .stat("x")
    .catch(() => {});
  await registry
    .storage(storage.s3({ bucket: "there", region: "us-west-2" }))
    .stat("x")
    .catch(() => {});
  const regionOf = (bucket: string) =>
    seen.find(({ url }) => url.startsWith(`/${bucket}/`))?.headers.authorization?.split("/")[2];
  expect([regionOf("here"), regionOf("there")]).toEqual(["eu-west-1", "us-west-2"]);
});

it("a run whose execution can't be followed any more goes on, and the error says how to follow it again", async () => {
  const { endpoint } = await startStub(({ method, url, headers }) => {
    if (url.endsWith("/configuration")) return { status: 200, body: configuration };
    const operation = String(headers["x-amz-target"] ?? "");
    if (operation.endsWith("StartExecution")) return { status: 200, body: "{}" };
    if (operation !== "")
      return { status: 400, body: JSON.stringify({ __type: "ExpiredTokenException", message: "it has expired" }) };
    if (method === "GET") return { status: 200, body: "<ListBucketResult><Name>b</Name></ListBucketResult>" };
    return { status: 404 };
  });
  const executor = new AWSExecutor({ region: "eu-west-1", endpoint, checkCode: false, mode: "orchestrated" });
  await expect(pipeline.run({ executor, runId: "night-1" })).rejects.toMatchObject({
    code: "PERMISSION_DENIED",
    message: expect.stringContaining("run night-1 goes on"),
    hint: expect.stringMatching(/expired.*runId: "night-1"/),
    context: { runId: "night-1" },
  });
});

describe("what an invocation can end with", () => {
  it("is repeated without an attempt when it was turned away", async () => {
    const { error, events, calls } = await run((call) =>
      call < 3 ? refused(429, "TooManyRequestsException") : succeeded(1),
    );
    expect(error).toBeUndefined();
    expect(calls).toBe(3);
    expect(events.filter(({ type }) => type === "attempt.started")).toHaveLength(1);
  });

  it("is the scheduler's to repeat when it may have run", async () => {
    const { error, events, calls } = await run((call) => (call === 1 ? undefined : succeeded(2)));
    expect(error).toBeUndefined();
    expect(calls).toBe(2);
    expect(events).toContainEqual(
      expect.objectContaining({ type: "attempt.failed", error: expect.objectContaining({ code: "UNAVAILABLE" }) }),
    );
  });

  it.each([
    ["Runtime.ExitError", "RequestId: x Error: Runtime exited with error: exit status 3", 80, "TASK_CRASHED", 2],
    ["Runtime.ExitError", "RequestId: x Error: Runtime exited with error: signal: killed", 128, "OUT_OF_MEMORY", 2],
    ["Runtime.ExitError", "RequestId: x Error: Runtime exited with error: exit status 1", 128, "OUT_OF_MEMORY", 2],
    ["Runtime.OutOfMemory", "RequestId: x Error: Runtime exited with error: exit status 134", 128, "OUT_OF_MEMORY", 1],
    ["Sandbox.Timedout", "RequestId: x Error: Task timed out after 3.00 seconds", 80, "TASK_TIMEOUT", 2],
  ])("%s %j, %s MB: %s, %s calls", async (errorType, errorMessage, used, code, times) => {
    const { issue, events, calls } = await run(() => crashed({ errorType, errorMessage }, reportOf(used)));
    expect(issue).toMatchObject({ code, context: { task: "clean", maxMemory: used, memory: 128 } });
    expect(calls, "as a state machine would try it").toBe(times);
    expect(events).toContainEqual(
      expect.objectContaining({ type: "task.progress", note: `900 ms, billed 901 ms, ${used} of 128 MB` }),
    );
  });

  it("is the handler's own error, with its own stack", async () => {
    const own = {
      code: "DATA_INVALID",
      message: "row 3 is wrong",
      hint: "mend it",
      retryable: false,
      stack: "at mine.ts:3",
    };
    const { issue, calls } = await run(() => crashed({ errorType: "DATA_INVALID", errorMessage: JSON.stringify(own) }));
    expect(issue).toMatchObject({ code: "DATA_INVALID", cause: { stack: "at mine.ts:3" }, context: { task: "clean" } });
    expect(issue.message).toContain("row 3 is wrong");
    expect(calls).toBe(1);
  });
});
