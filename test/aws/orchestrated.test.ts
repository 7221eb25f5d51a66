import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { SFNClient, StartExecutionCommand, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { AWSExecutor, AWSTarget, type OwnClients } from "@glacier/aws";
import {
  type AnyPipeline,
  type CheckContext,
  createRegistry,
  type GlacierError,
  Pipeline,
  type RunEvent,
  type RunOptions,
  readJournal,
} from "@glacier/core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { stateMachineName } from "../../packages/aws/src/names.ts";
import { readCloudFormation } from "../../packages/aws/test/cloudformation-file.ts";
import { lambdaMissing } from "../services/lambda.ts";
import { type LambdaApi, startLambdaApi } from "../services/lambda-api.ts";
import { type MotoService, motoMissing, startMoto } from "../services/moto.ts";
import { type StepFunctionsApi, startStepFunctions } from "../services/step-functions.ts";
import type { Machine } from "../services/step-functions-machine.ts";
import { deploy, deploying, type Place } from "./deployer.ts";
import { crashing, failing, steady, waiting } from "./orchestrated-pipelines.ts";

const region = "eu-west-1";
const missing = [motoMissing(), lambdaMissing()].some((reason) => reason !== undefined);

describe.skipIf(missing)("AWSExecutor, orchestrated, over a fake of Step Functions and real handlers", () => {
  let moto: MotoService;
  let lambda: LambdaApi;
  let sfn: StepFunctionsApi;

  beforeAll(async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
    [moto, lambda] = await Promise.all([startMoto(), startLambdaApi()]);
    sfn = await startStepFunctions({ invoke: (name, payload) => lambda.invoke(name, payload) });
    return () => Promise.all([moto.stop(), lambda.stop(), sfn.stop()]);
  });
  afterAll(() => void vi.unstubAllEnvs());

  interface World {
    readonly place: Place;
    readonly executor: AWSExecutor;
    run(options?: Partial<RunOptions>): Promise<Ran>;
  }
  interface Ran {
    readonly error: GlacierError | undefined;
    readonly events: readonly RunEvent[];
    readonly outline: readonly string[];
  }

  /** A deployment of a pipeline with a bucket of its own. */
  async function deployed(pipeline: AnyPipeline, mode: "direct" | "orchestrated" = "orchestrated"): Promise<World> {
    const place: Place = { bucket: await moto.makeBucket(), secretsPrefix: "", endpoint: moto.endpoint };
    const compilation = await (pipeline as Pipeline).compile({
      target: new AWSTarget({ region, bucket: place.bucket }),
    });
    const { machine } = readCloudFormation((await compilation.forms["cloudformation"]?.()) ?? {});
    sfn.deploy(stateMachineName({ pipeline: pipeline.name }), machine.definition as unknown as Machine);
    return worldOf(pipeline, place, mode);
  }

  function clients({ endpoint }: Place): OwnClients {
    return {
      lambda: new LambdaClient({ region, endpoint: lambda.endpoint, maxAttempts: 1 }),
      sfn: new SFNClient({ region, endpoint: sfn.endpoint }),
      s3: new S3Client({ region, endpoint, requestChecksumCalculation: "WHEN_REQUIRED" }),
    };
  }

  function worldOf(pipeline: AnyPipeline, place: Place, mode: "direct" | "orchestrated"): World {
    const executor = new AWSExecutor({ region, mode, clients: clients(place) });
    return {
      place,
      executor,
      async run(options = {}) {
        const events: RunEvent[] = [];
        const error = await (pipeline as Pipeline<"serverless">)
          .run({
            ...options,
            executor: deploying(executor, lambda, place) as AWSExecutor,
            onEvent(event) {
              events.push(event);
              options.onEvent?.(event);
            },
          })
          .then(
            () => undefined,
            (thrown: GlacierError) => thrown,
          );
        return { error, events, outline: events.map(outlineOf) };
      },
    };
  }

  it("follows a run from its first event to its last, with what the attempts say", async () => {
    const world = await deployed(steady);
    const { error, events, outline } = await world.run({ runId: "steady-1" });
    expect(error).toBeUndefined();
    expect([outline[0], outline.at(-1)]).toEqual(["run.started", "run.finished"]);
    expect(of(outline, "make")).toEqual(["attempt.started 1", "log 1", "dataset.written 1", "task.succeeded 1"]);
    expect(of(outline, "add")).toEqual([
      "attempt.started 1",
      "log 1",
      "attempt.failed 1, again",
      "attempt.started 2",
      "log 2",
      "dataset.written 2",
      "dataset.read 2",
      "task.succeeded 2",
    ]);
    expect(outline.indexOf("add task.succeeded 2")).toBeLessThan(outline.indexOf("tell attempt.started 1"));
    expect(events).toContainEqual(
      expect.objectContaining({ type: "attempt.failed", error: expect.objectContaining({ code: "TASK_FAILED" }) }),
    );

    const again = await world.run({ runId: "steady-1" });
    expect(again.error).toBeUndefined();
    expect(again.outline.filter((line) => line.includes("attempt.started"))).toHaveLength(5);
    expect(of(again.outline, "add")).toEqual(of(outline, "add"));
  });

  it("tells a failed task's own error and stack, and what became of the others", async () => {
    const world = await deployed(failing);
    const { error, events, outline } = await world.run({ runId: "failing-1" });
    expect(error).toMatchObject({ code: "RUN_FAILED", issues: [{ code: "TASK_FAILED", context: { task: "bad" } }] });
    expect(error?.issues).toHaveLength(1);
    expect(error?.message).toContain("broken on purpose");
    const failed = events.find(({ type }) => type === "task.failed");
    expect(failed).toMatchObject({ error: { stack: expect.stringContaining("orchestrated-pipelines.ts") } });
    expect(of(outline, "bad")).toEqual(["attempt.started 1", "attempt.failed 1", "task.failed 1"]);
    expect(of(outline, "waits").at(-1)).toBe("task.cancelled 1");
    expect(events).toContainEqual(expect.objectContaining({ task: "after", reason: "upstream", because: "bad" }));
    expect(events.at(-1)).toMatchObject({ type: "run.finished", status: "failed" });
  });

  it("says how a process ended that could not say it itself", async () => {
    const { error } = await (await deployed(crashing)).run();
    expect(error?.issues).toMatchObject([{ code: "TASK_CRASHED", context: { task: "dies", exitCode: 7 } }]);
  });

  it("stops the execution when it is cancelled, and says so in the journal", async () => {
    const controller = new AbortController();
    const world = await deployed(waiting);
    const { error, events, outline } = await world.run({
      runId: "waiting-1",
      signal: controller.signal,
      onEvent: ({ type }) => type === "attempt.started" && controller.abort(),
    });
    expect(error).toMatchObject({ code: "CANCELLED", context: { runId: "waiting-1" } });
    expect(sfn.calls["StopExecution"]).toBe(1);
    expect(of(outline, "waits")).toEqual(["attempt.started 1", "task.cancelled 1"]);
    expect(events.at(-1)).toMatchObject({ type: "run.finished", status: "cancelled" });
    expect(await journal(world, waiting, "waiting-1")).toEqual([
      "run.started",
      "waits attempt.started 1",
      "waits task.cancelled 1",
      "run.finished cancelled",
    ]);
  });

  it("says that somebody else stopped it, also to whoever comes later", async () => {
    const world = await deployed(waiting);
    const executionArn = `arn:aws:states:${region}:123456789012:execution:waiting:waiting-2`;
    const stop = new StopExecutionCommand({ executionArn, error: "Budget", cause: "too expensive" });
    const { error, events } = await world.run({
      runId: "waiting-2",
      onEvent: ({ type }) => type === "attempt.started" && void clients(world.place).sfn?.send(stop),
    });
    const message = "run waiting-2 was stopped in Step Functions: Budget: too expensive";
    expect(error).toMatchObject({ code: "CANCELLED", message, context: { runId: "waiting-2" } });
    expect(events.at(-1)).toMatchObject({ type: "run.finished", status: "cancelled", error: { message } });
    const written = await journal(world, waiting, "waiting-2");
    expect(written.at(-1)).toBe("run.finished cancelled");

    expect((await world.run({ runId: "waiting-2" })).error).toMatchObject({ code: "CANCELLED", message });
    expect(await journal(world, waiting, "waiting-2")).toEqual(written);
  });

  async function journal({ executor }: World, pipeline: AnyPipeline, runId: string): Promise<string[]> {
    const plan = await executor.bind((pipeline as Pipeline).plan({ for: executor }));
    const registry = createRegistry(executor.providers);
    const lines: string[] = [];
    for await (const event of readJournal(plan, runId, registry))
      lines.push(event.type === "run.finished" ? `run.finished ${event.status}` : outlineOf(event));
    await registry.close();
    return lines;
  }

  it("resumes a run whose execution is under way by following it", async () => {
    const world = await deployed(waiting);
    const executionArn = `arn:aws:states:${region}:123456789012:execution:waiting:waiting-3`;
    const stop = new StopExecutionCommand({ executionArn });
    let resumed: ReturnType<World["run"]> | undefined;
    await world.run({
      runId: "waiting-3",
      onEvent(event) {
        if (event.type !== "attempt.started") return;
        resumed ??= worldOf(waiting, world.place, "orchestrated").run({
          resume: "waiting-3",
          onEvent: ({ type }) => type === "attempt.started" && void clients(world.place).sfn?.send(stop),
        });
      },
    });
    const { error, outline } = (await resumed) ?? {};
    expect(error).toMatchObject({
      code: "CANCELLED",
      message: expect.stringContaining("was stopped in Step Functions"),
    });
    expect(outline?.some((line) => line.includes("attempt.started"))).toBe(true);
  });

  it("leaves the journal to the functions: each event is there once", async () => {
    const world = await deployed(steady);
    await world.run({ runId: "steady-2" });
    const outline = await journal(world, steady, "steady-2");
    expect([outline[0], outline.at(-1)]).toEqual(["run.started", "run.finished succeeded"]);
    expect(outline.filter((line) => line === "make task.succeeded 1")).toHaveLength(1);
  });

  it("leaves a run that can be resumed directly: what it committed is not done again", async () => {
    const world = await deployed(steady);
    await world.run({ runId: "steady-3" });
    expect((await world.run({ resume: "steady-3" })).error).toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining("has ended"),
      hint: expect.stringContaining('mode: "direct"'),
    });
    const { error, events } = await worldOf(steady, world.place, "direct").run({ resume: "steady-3" });
    expect(error).toBeUndefined();
    expect(events.flatMap((event) => (event.type === "task.skipped" ? [event.reason] : []))).toEqual(
      steady.tasks.map(() => "committed"),
    );
  });

  it("follows a run that the schedule started", async () => {
    const world = await deployed(steady);
    await world.run({ runId: "steady-6" });
    const { sfn: client } = clients(world.place);
    const stateMachineArn = `arn:aws:states:${region}:123456789012:stateMachine:steady`;
    await client?.send(new StartExecutionCommand({ stateMachineArn, name: "scheduled-1", input: "{}" }));
    const { error, outline } = await world.run({ runId: "scheduled-1" });
    expect(error).toBeUndefined();
    expect(of(outline, "make").at(-1)).toBe("task.succeeded 1");
  });

  it.each([
    ["a page of the history has expired", "InvalidToken", 400],
    ["Step Functions can't be reached for a while", "ServiceUnavailable", 503],
  ])("goes on where %s, and tells nothing twice", async (_, name, httpStatusCode) => {
    const { place } = await deployed(steady);
    const { sfn: client } = clients(place);
    let failures = 0;
    const send = (command: { input: { nextToken?: string } }): Promise<unknown> => {
      const { nextToken } = command.input;
      if (nextToken === undefined || failures > 0) return (client as SFNClient).send(command as never);
      failures++;
      return Promise.reject(Object.assign(new Error("no"), { name, $metadata: { httpStatusCode } }));
    };
    const own = { ...clients(place), sfn: { send } as unknown as SFNClient };
    const executor = deploying(new AWSExecutor({ region, mode: "orchestrated", clients: own }), lambda, place);
    const ended: string[] = [];
    await (steady as Pipeline<"serverless">).run({
      executor: executor as AWSExecutor,
      onEvent: (event) => void (event.type === "task.succeeded" && ended.push(event.task)),
    });
    expect(failures).toBe(1);
    expect(ended.sort()).toEqual(steady.tasks.map(({ name }) => name).sort());
  });

  it("refuses what a state machine can't do, and other params for a run of that name", async () => {
    const { run } = await deployed(steady);
    for (const options of [{ only: ["make"] }, { keepGoing: true }, { concurrency: 2 }, { runId: "r".repeat(81) }]) {
      expect((await run(options)).error, JSON.stringify(options)).toMatchObject({ code: "OPTION_INVALID" });
    }
    const large = await run({ params: { days: "d".repeat(200_000) } } as never);
    expect(large.error).toMatchObject({ code: "PARAMS_INVALID", message: expect.stringContaining("196608") });
    await run({ runId: "steady-4" });
    const other = await run({ runId: "steady-4", params: { day: "today" } } as never);
    expect(other.error).toMatchObject({ code: "OPTION_INVALID", message: expect.stringContaining("other params") });
  });

  it("refuses to run code that is not what is deployed, unless told to", async () => {
    const { place } = await deployed(steady);
    await deploy(lambda, steady, contextOf(steady), place);
    const changed = new Pipeline("steady", steady.tasks.slice(0, 3) as never, { module: steady.module ?? "" });
    const executor = (checkCode: boolean) =>
      new AWSExecutor({ region, mode: "orchestrated", checkCode, clients: clients(place) });
    const run = (checkCode: boolean) => changed.run({ executor: executor(checkCode), runId: "steady-5" } as never);
    await expect(run(true)).rejects.toMatchObject({
      code: "MODULE_INVALID",
      message: expect.stringContaining("other code"),
    });
    await expect(run(false)).resolves.toMatchObject({ runId: "steady-5" });
  });
});

function contextOf(pipeline: AnyPipeline): CheckContext {
  const executor = new AWSExecutor({ region });
  return { whole: (pipeline as Pipeline).plan({ for: executor }), registry: createRegistry(executor.providers) };
}

function outlineOf(event: RunEvent): string {
  const again = event.type === "attempt.failed" && event.retryInMs !== undefined ? ", again" : "";
  const task = "task" in event ? `${event.task} ` : "";
  return `${task}${event.type}${"attempt" in event ? ` ${event.attempt}` : ""}${again}`;
}

function of(outline: readonly string[], task: string): string[] {
  return outline.filter((line) => line.startsWith(`${task} `)).map((line) => line.slice(task.length + 1));
}
