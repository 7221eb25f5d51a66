import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { SFNClient } from "@aws-sdk/client-sfn";
import { AWSExecutor, AWSTarget } from "@glacier/aws";
import {
  type AnyPipeline,
  createRegistry,
  createStore,
  type GlacierError,
  type Pipeline,
  type RunEvent,
  type RunOptions,
  readJournal,
} from "@glacier/core";
import { listRuns } from "@glacier/core/inspect";
import { writeArtifacts } from "@glacier/core/node";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { buildCode } from "../../packages/aws/src/code/index.ts";
import { stateMachineName, taskFamily } from "../../packages/aws/src/names.ts";
import { readCloudFormation } from "../../packages/aws/test/cloudformation-file.ts";
import { type DockerService, dockerMissing, startDocker } from "../services/docker.ts";
import { lambdaMissing } from "../services/lambda.ts";
import { type LambdaApi, startLambdaApi } from "../services/lambda-api.ts";
import { type MotoService, motoMissing, startMoto } from "../services/moto.ts";
import { type StepFunctionsApi, startStepFunctions } from "../services/step-functions.ts";
import type { Machine, Services } from "../services/step-functions-machine.ts";
import { dying, mixed, refused, waiting } from "./boxed.ts";
import { deploy, type Place } from "./deployer.ts";

const region = "eu-west-1";
const missing = [motoMissing(), lambdaMissing(), dockerMissing()].some((reason) => reason !== undefined);

describe.skipIf(missing)("AWSExecutor, orchestrated, with containers in Docker", () => {
  let moto: MotoService;
  let lambda: LambdaApi;
  let engine: DockerService;
  let sfn: StepFunctionsApi;
  /** What each task definition runs. */
  const images = new Map<string, { readonly image: string; readonly env: Readonly<Record<string, string>> }>();

  beforeAll(async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
    [moto, lambda, engine] = await Promise.all([startMoto(), startLambdaApi(), startDocker()]);
    sfn = await startStepFunctions({ invoke: (name, payload) => lambda.invoke(name, payload), runTask });
    return () => Promise.all([moto.stop(), lambda.stop(), engine.stop(), sfn.stop()]);
  }, 120_000);
  afterAll(() => void vi.unstubAllEnvs());

  const isWatched = (family: string) => family === taskFamily({ pipeline: mixed.name }, "double");
  let containers = 0;
  /** As ECS runs a task on Fargate, and as Step Functions tells of it, on the host's network, where moto is. */
  const runTask: Required<Services>["runTask"] = async ({ TaskDefinition: family, Overrides }, signal) => {
    const { image, env: own } = images.get(family) ?? { image: "", env: {} };
    const { Environment } = Overrides.ContainerOverrides[0];
    const told = Environment.map(({ Name, Value }: { Name: string; Value: string }) => [Name, Value]);
    const name = `boxed-${++containers}`;
    const args = ["-H", `unix://${engine.socketPath}`, "run", "--rm", "--network=host", `--name=${name}`];
    for (const [key, value] of Object.entries({ ...own, ...Object.fromEntries(told) }))
      args.push("-e", `${key}=${value}`);
    const stop = () => void engine.docker("kill", "--signal=TERM", name);
    signal.addEventListener("abort", stop, { once: true });
    const ExitCode = await new Promise<number>((resolve) =>
      spawn("docker", [...args, image], { stdio: "ignore" }).once("close", (code) => resolve(code ?? 1)),
    );
    signal.removeEventListener("abort", stop);
    // As accounts have them that watch their tasks; it is killed when the task is over.
    const guard = { Cpu: "0", ExitCode: 137, GpuIds: [], Name: "aws-guardduty-agent-X1" };
    return {
      Containers: [...(isWatched(family) ? [guard] : []), { Cpu: "0", ExitCode, GpuIds: [], Name: "task" }],
      LastStatus: "STOPPED",
      Overrides,
      StopCode: "EssentialContainerExited",
      StoppedReason: "Essential container in task exited",
    };
  };

  /** A deployment of a pipeline with a bucket of its own, and its runs. */
  async function deployed(pipeline: AnyPipeline) {
    const place: Place = { bucket: await moto.makeBucket(), secretsPrefix: "", endpoint: moto.endpoint };
    const network = { subnets: ["subnet-1"], securityGroups: ["sg-1"] };
    const { forms } = await (pipeline as Pipeline).compile({ target: new AWSTarget({ region, network }) });
    const { machine } = readCloudFormation((await forms["cloudformation"]?.()) ?? {});
    sfn.deploy(stateMachineName({ pipeline: pipeline.name }), machine.definition as unknown as Machine);
    const executor = new AWSExecutor({
      region,
      mode: "orchestrated",
      clients: {
        lambda: new LambdaClient({ region, endpoint: lambda.endpoint, maxAttempts: 1 }),
        sfn: new SFNClient({ region, endpoint: sfn.endpoint }),
        s3: new S3Client({ region, endpoint: place.endpoint, requestChecksumCalculation: "WHEN_REQUIRED" }),
      },
    });
    const registry = createRegistry(executor.providers);
    const whole = (pipeline as Pipeline).plan({ for: executor });
    await deploy(lambda, pipeline, { whole, registry }, place);
    await build(pipeline, whole, place);
    const plan = await executor.bind(whole);
    return {
      store: createStore(registry.storage({ kind: "s3", bucket: place.bucket })),
      async run(options: Partial<RunOptions> = {}) {
        const events: RunEvent[] = [];
        const onEvent = (event: RunEvent) => {
          events.push(event);
          options.onEvent?.(event);
        };
        const error = await (pipeline as Pipeline<"serverless">).run({ ...options, executor, onEvent }).then(
          () => undefined,
          (thrown: GlacierError) => thrown,
        );
        return { error, events, outline: events.map(outlineOf) };
      },
      async journal() {
        const events: RunEvent[] = [];
        for await (const { runId, status } of listRuns(plan, registry, Date.now())) {
          for await (const event of readJournal(plan, runId, registry)) events.push(event);
          return { status, events, outline: events.map(outlineOf) };
        }
        return { status: undefined, events, outline: [] };
      },
    };
  }

  async function build(pipeline: AnyPipeline, plan: Parameters<typeof buildCode>[0], place: Place): Promise<void> {
    const code = await buildCode(plan, { pipeline, registry: createRegistry([]) });
    const image = `glacier/${pipeline.name}:test`;
    const folder = mkdtempSync(join(tmpdir(), "glacier-image-"));
    await writeArtifacts(code.images[0]?.files ?? {}, folder);
    engine.docker("build", "-t", image, folder);
    rmSync(folder, { recursive: true });
    const env = {
      GLACIER_BUCKET: place.bucket,
      AWS_ENDPOINT_URL: place.endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    };
    for (const { name } of plan.tasks) images.set(taskFamily(plan, name), { image, env });
  }

  it("follows functions, containers and commands to their end, over a container's second attempt, and another's end beside it", async () => {
    const { run, journal, store } = await deployed(mixed);
    const { error, outline } = await run();
    expect(error).toBeUndefined();
    expect(of(outline, "double")).toEqual([
      "attempt.started 1",
      "log 1",
      "attempt.failed 1, again",
      "attempt.started 2",
      "log 2",
      "dataset.written 2",
      "dataset.read 2",
      "task.succeeded 2",
    ]);
    expect((await store.readJson("copied.json"))?.value).toEqual([2, 4, 6]);
    const told = await journal();
    expect(told.status).toBe("succeeded");
    expect(of(told.outline, "double")).toEqual(of(outline, "double"));
  });

  it("doesn't try again what another try can't mend", async () => {
    const { run, journal } = await deployed(refused);
    const { error, outline } = await run();
    expect(error).toMatchObject({ code: "RUN_FAILED", issues: [{ code: "DATA_INVALID", context: { task: "count" } }] });
    expect(of(outline, "count")).toEqual(["attempt.started 1", "attempt.failed 1", "task.failed 1"]);
    const told = await journal();
    expect(told.status).toBe("failed");
    expect(of(told.outline, "count")).toEqual(of(outline, "count"));
  });

  it("says which container died without a word, and stops the others", async () => {
    const { run, journal } = await deployed(dying);
    const { error, outline } = await run();
    expect(error?.issues).toMatchObject([{ code: "TASK_CRASHED", context: { task: "dies", exitCode: 9 } }]);
    expect(of(outline, "works")).toEqual(["attempt.started 1", "task.cancelled 1"]);
    const told = await journal();
    expect(told.events).toContainEqual(
      expect.objectContaining({
        type: "task.failed",
        task: "dies",
        error: expect.objectContaining({ code: "TASK_CRASHED" }),
      }),
    );
    expect(told.outline.filter((line) => line === "works task.cancelled 1").length).toBeGreaterThan(0);
  });

  it("stops its containers when it is cancelled, and says so in the journal", async () => {
    const { run, journal } = await deployed(waiting);
    const controller = new AbortController();
    const running = run({ signal: controller.signal });
    await vi.waitUntil(async () => of((await journal()).outline, "waits").length > 0, { timeout: 30_000 });
    controller.abort();
    const { error } = await running;
    expect(error).toMatchObject({ code: "CANCELLED" });
    expect((await journal()).status).toBe("cancelled");
    await vi.waitUntil(() => engine.docker("ps", "-q").trim() === "", { timeout: 30_000 });
  });
});

function outlineOf(event: RunEvent): string {
  const again = event.type === "attempt.failed" && event.retryInMs !== undefined ? ", again" : "";
  const task = "task" in event ? `${event.task} ` : "";
  return `${task}${event.type}${"attempt" in event ? ` ${event.attempt}` : ""}${again}`;
}

function of(outline: readonly string[], task: string): string[] {
  return outline.filter((line) => line.startsWith(`${task} `)).map((line) => line.slice(task.length + 1));
}
