import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { AWSExecutor } from "@glacier/aws";
import { compute, Dataset, Pipeline, type RunEvent, task } from "@glacier/core";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";

// No ECS runs here: what it answers is told by each test. Its requests are the SDK's own.

const training = new Pipeline(
  "models",
  [task("train", { output: new Dataset<number>("model"), compute: compute.container({ image: "node:24" }) }, () => 1)],
  { module: import.meta.url },
);

const arn = "arn:aws:ecs:eu-west-1:123456789012:task/models/0a1b2c";
const stopped = (container: object, more: object = {}) => ({
  tasks: [{ taskArn: arn, lastStatus: "STOPPED", containers: [{ name: "task", ...container }], ...more }],
});
const running = { tasks: [{ taskArn: arn, lastStatus: "RUNNING", containers: [{}] }] };

interface Seen {
  readonly operation: string;
  // biome-ignore lint/suspicious/noExplicitAny: any service's request
  readonly request: any;
}

beforeEach(() => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
});
afterEach(() => void vi.unstubAllEnvs());

interface Told {
  readonly start?: (request: Seen["request"]) => object;
  readonly segment?: readonly object[];
  readonly cancel?: boolean;
  readonly pipeline?: Pipeline<"container">;
}

/** Runs the pipeline where ECS answers so to each look at the task; `segment` is what its attempt wrote into S3. */
async function run(
  looks: (look: number, tasks: readonly string[]) => object,
  { start = () => running, segment, cancel = false, pipeline = training }: Told = {},
) {
  const seen: Seen[] = [];
  let look = 0;
  const network = {
    AwsvpcConfiguration: { Subnets: ["subnet-1"], SecurityGroups: ["sg-1"], AssignPublicIp: "DISABLED" },
  };
  const definition = JSON.stringify({ States: { train: { Parameters: { NetworkConfiguration: network } } } });
  const answers: Record<string, (request: Seen["request"]) => object> = {
    RunTask: (request) => start(request),
    DescribeTasks: ({ tasks }) => looks(++look, tasks),
    StopTask: () => ({}),
    DescribeStateMachine: () => ({ definition, stateMachineArn: "a", name: "models", roleArn: "r", type: "STANDARD" }),
  };
  let attempts = "";
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { method, url = "" } = request;
    const operation =
      String(request.headers["x-amz-target"] ?? "")
        .split(".")
        .at(-1) ?? "";
    if (operation !== "") {
      seen.push({ operation, request: JSON.parse(body) });
      if (cancel && operation === "DescribeTasks") controller.abort();
      const { RunTask, ...others } = answers;
      if (operation === "RunTask") {
        const { environment } = JSON.parse(body).overrides.containerOverrides[0];
        const state = JSON.parse(environment.find(({ name }: { name: string }) => name === "GLACIER_RUN").value);
        attempts = `.glacier/runs/models/${state.runId}/${state.segment}.train.1.000001.ndjson`;
        const said = RunTask?.(JSON.parse(body)) ?? {};
        if ("__type" in said) response.writeHead(400);
        return response.end(JSON.stringify(said));
      }
      const said = others[operation]?.(JSON.parse(body)) ?? {};
      if ("__type" in said) response.writeHead(400);
      return response.end(JSON.stringify(said));
    }
    if (url.endsWith("/configuration")) {
      const FunctionArn = "arn:aws:lambda:eu-west-1:123456789012:function:models";
      return response.end(JSON.stringify({ FunctionArn, Environment: { Variables: { GLACIER_BUCKET: "acme" } } }));
    }
    if (method === "PUT") return response.setHeader("etag", '"e"').end();
    if (url.includes("list-type=2") && url.includes("attempts") && segment !== undefined && attempts !== "")
      return response.end(
        `<ListBucketResult><Contents><Key>${attempts}</Key><Size>1</Size><ETag>"e"</ETag></Contents></ListBucketResult>`,
      );
    if (url.includes("list-type=2")) return response.end("<ListBucketResult><Name>b</Name></ListBucketResult>");
    if (url.includes(".train.1.")) {
      const text = (segment ?? []).map((event) => `${JSON.stringify(event)}\n`).join("");
      return response.setHeader("etag", '"e"').setHeader("content-length", Buffer.byteLength(text)).end(text);
    }
    response.writeHead(404).end("<Error><Code>NoSuchKey</Code><Message>no</Message></Error>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());

  const events: RunEvent[] = [];
  const controller = new AbortController();
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const executor = new AWSExecutor({ region: "eu-west-1", endpoint, checkCode: false });
  const error = await pipeline
    .run({
      executor,
      signal: controller.signal,
      onEvent: (event) => events.push(event),
    })
    .then(
      () => undefined,
      (thrown) => thrown,
    );
  const requests = (operation: string) =>
    seen.filter((one) => one.operation === operation).map(({ request }) => request);
  return { error, issue: error?.issues?.[0], events, requests };
}

const base = { runId: "r", time: 1, task: "train", attempt: 1 };

describe("a task on Fargate", () => {
  it("is started with its attempt in its environment, in the deployment's network, and its events are passed on", async () => {
    const log = { ...base, type: "log", level: "info", message: "training" };
    const { error, events, requests } = await run(() => stopped({ exitCode: 0 }), { segment: [log] });
    expect(error).toBeUndefined();
    const [request] = requests("RunTask");
    expect(request).toMatchObject({
      cluster: "models",
      taskDefinition: "models-train",
      launchType: "FARGATE",
      propagateTags: "TASK_DEFINITION",
      networkConfiguration: {
        awsvpcConfiguration: { subnets: ["subnet-1"], securityGroups: ["sg-1"], assignPublicIp: "DISABLED" },
      },
    });
    expect(request.clientToken).toMatch(/^.{1,64}$/);
    const [container] = request.overrides.containerOverrides;
    expect(container.name).toBe("task");
    const env = Object.fromEntries(
      container.environment.map((one: { name: string; value: string }) => [one.name, one.value]),
    );
    expect(env).toMatchObject({ GLACIER_TASK: "train", GLACIER_ATTEMPT: "1" });
    expect(JSON.parse(env["GLACIER_RUN"])).toMatchObject({ params: {}, selected: "all" });
    expect(events).toContainEqual(log);
  });

  it("fails with the error that its attempt wrote", async () => {
    const error = {
      code: "DATA_INVALID",
      message: "row 7 is wrong",
      hint: "mend it",
      retryable: false,
      context: { task: "train" },
    };
    const { issue } = await run(() => stopped({ exitCode: 2 }), {
      segment: [{ ...base, type: "attempt.failed", error }],
    });
    expect(issue).toMatchObject({ code: "DATA_INVALID", message: "row 7 is wrong" });
  });

  it.each([
    [{ exitCode: 9 }, {}, "TASK_CRASHED", "exit code 9"],
    [
      { exitCode: 137, reason: "OutOfMemoryError: Container killed due to memory usage" },
      {},
      "OUT_OF_MEMORY",
      "memory",
    ],
    [{ reason: "CannotPullContainerError: not found" }, {}, "IMAGE_UNAVAILABLE", "CannotPull"],
    [{}, { stoppedReason: "Task failed to start" }, "TASK_CRASHED", "failed to start"],
  ])("that ended with %j %j is %s", async (container, more, code, says) => {
    const { issue } = await run(() => stopped(container, more));
    expect(issue).toMatchObject({ code, context: { task: "train" } });
    expect(issue.message).toContain(says);
  });

  it("that ECS doesn't start may be tried again", async () => {
    const { issue } = await run(() => running, {
      start: () => ({ tasks: [], failures: [{ reason: "RESOURCE:ENI" }] }),
    });
    expect(issue).toMatchObject({ code: "UNAVAILABLE", retryable: true });
    expect(issue.message).toContain("RESOURCE:ENI");
  });

  it.each([
    ["knows nothing of it yet", { tasks: [], failures: [{ arn, reason: "MISSING" }] }],
    ["can't say for a while how it is", { __type: "ThrottlingException", message: "Rate exceeded" }],
  ])("is no other attempt's when ECS %s", async (_, first) => {
    // Each look that is throttled is three requests of the SDK's.
    const { error, events, requests } = await run((look) => (look <= 3 ? first : stopped({ exitCode: 0 })));
    expect(error).toBeUndefined();
    expect(requests("RunTask")).toHaveLength(1);
    expect(events.filter(({ type }) => type === "attempt.failed")).toEqual([]);
  });

  it("is looked at together with all others of its run", async () => {
    const tasks = ["one", "two", "three"].map((name) =>
      task(
        name,
        { output: new Dataset<number>(`${name}_out`), compute: compute.container({ image: "node:24" }) },
        () => 1,
      ),
    );
    const pipeline = new Pipeline("models", tasks, { module: import.meta.url });
    const { error, requests } = await run(
      (_, arns) => ({
        tasks: arns.map((taskArn) => ({ taskArn, lastStatus: "STOPPED", containers: [{ name: "task", exitCode: 0 }] })),
      }),
      { pipeline, start: ({ taskDefinition }) => ({ tasks: [{ taskArn: `${arn}-${taskDefinition}` }] }) },
    );
    expect(error).toBeUndefined();
    expect(requests("RunTask")).toHaveLength(3);
    const [look, ...more] = requests("DescribeTasks");
    expect(look.tasks.sort()).toEqual(["one", "three", "two"].map((name) => `${arn}-models-${name}`));
    expect(more).toEqual([]);
  });

  it("that isn't deployed is NOT_FOUND, as RunTask says it", async () => {
    const refusal = { __type: "ClientException", message: "TaskDefinition not found." };
    const { issue } = await run(() => running, { start: () => refusal });
    expect(issue).toMatchObject({ code: "NOT_FOUND", hint: expect.stringContaining("terraform apply") });
  });

  it("is stopped by a cancel, and waited for", async () => {
    const { error, requests } = await run((look) => (look < 3 ? running : stopped({ exitCode: 143 })), {
      cancel: true,
    });
    expect(error).toMatchObject({ code: "CANCELLED" });
    expect(requests("StopTask")).toMatchObject([{ cluster: "models", task: arn }]);
    expect(requests("DescribeTasks").length).toBeGreaterThanOrEqual(3);
  });
});
