import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { AWSTarget } from "@glacier/aws";
import type { RemoteRun } from "@glacier/core/execute";
import { writeArtifacts } from "@glacier/core/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DockerService, dockerMissing, startDocker } from "../services/docker.ts";
import { lambdaMissing } from "../services/lambda.ts";
import { type MotoService, motoMissing, startMoto } from "../services/moto.ts";
import { untilReady } from "../services/program.ts";
import { pipeline } from "./behaviours.ts";
import { type DeployedPipeline, deploy } from "./deployed.ts";
import { useMoto } from "./environment.ts";

const missing = [motoMissing(), lambdaMissing(), dockerMissing()].find((one) => one !== undefined);

describe.skipIf(missing !== undefined)("container tasks in their images", () => {
  let moto: MotoService;
  let engine: DockerService;
  let deployed: DeployedPipeline;
  let run: RemoteRun;
  let restore: () => void;
  const image = "glacier/behaviours:test";

  beforeAll(async () => {
    [moto, engine] = await Promise.all([startMoto(), startDocker()]);
    restore = useMoto(moto);
    await fetch(`${moto.endpoint}/sources`, { method: "PUT" });
    await fetch(`${moto.endpoint}/sources/source.json`, { method: "PUT", body: '{"price":21}' });
    deployed = await deploy(pipeline, moto);
    run = (await deployed.begin({ params: { day: "monday" } }, "run-1")).answer as RemoteRun;
    const [built] = deployed.code.images;
    const folder = join(deployed.folder, "image");
    await writeArtifacts(built?.files ?? {}, folder);
    engine.docker("build", "-t", image, folder);
  }, 120_000);
  afterAll(async () => {
    await deployed?.stop();
    restore?.();
    await engine?.stop();
    await moto?.stop();
  });

  /** As ECS runs it, on the host's network, where moto is. */
  async function start(task: string): Promise<{ code: number; stdout: string; stderr: string }> {
    const { TMPDIR, ...shared } = deployed.env;
    const env = {
      ...shared,
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      GLACIER_TASK: task,
      GLACIER_ATTEMPT: "1",
      GLACIER_RUN: JSON.stringify(run),
    };
    const args = [
      "-H",
      `unix://${engine.socketPath}`,
      "run",
      "--rm",
      "--network=host",
      ...Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]),
      image,
    ];
    return promisify(execFile)("docker", args).then(
      (ended) => ({ code: 0, ...ended }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
  }

  const ofTask = async (task: string) =>
    (await deployed.journal("run-1")).filter((event) => "task" in event && event.task === task);

  it("a handler runs under the image's Node, and ends with 0", async () => {
    expect(await start("in_container")).toMatchObject({ code: 0 });
    expect((await deployed.store.readJson("contained.json"))?.value).toBe(7);
    expect((await ofTask("in_container")).map(({ type }) => type)).toEqual([
      "attempt.started",
      "dataset.written",
      "task.succeeded",
    ]);
  });

  it("a command runs in the image, with its files", async () => {
    expect(await start("runs_command")).toMatchObject({ code: 0 });
    expect((await deployed.store.readJson("commanded.json"))?.value).toBe(9);
  });

  it("one that is told to stop says so, and ends with 143", async () => {
    const ended = start("waits_in_container");
    const isRunning = () => {
      const [id] = engine.docker("ps", "-q").split("\n");
      if (id === undefined || id === "") throw new Error("no container runs yet");
      return id;
    };
    await untilReady(async () => {
      const found = await ofTask("waits_in_container");
      if (found.length === 0) throw new Error("it hasn't begun yet");
    });
    engine.docker("kill", "--signal=TERM", isRunning());
    expect(await ended).toMatchObject({ code: 143, stderr: expect.stringContaining("CANCELLED") });
    expect((await ofTask("waits_in_container")).at(-1)).toMatchObject({ type: "task.cancelled" });
  });

  it("a failure ends with 1; the error is in the journal, and in the log with the handler's own stack", async () => {
    const { code, stderr } = await start("breaks_in_container");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^TASK_FAILED: .*no luck in here\n[\s\S]*behaviours\.ts:\d+/);
    expect((await ofTask("breaks_in_container")).at(-1)).toMatchObject({
      type: "task.failed",
      error: { code: "TASK_FAILED", stack: expect.stringContaining("behaviours.ts") },
    });
    const { answer } = await deployed.finish(run, {
      Error: "States.TaskFailed",
      Cause: '{"Containers":[{"Name":"task","ExitCode":1}]}',
    });
    expect(answer).toMatchObject({
      error: { Error: "TASK_FAILED", Cause: expect.stringContaining("no luck in here") },
    });
  });

  it("the compilation names the image, and ECR's login for it", async () => {
    const target = new AWSTarget({ region: "eu-west-1", network: { subnets: ["subnet-1"], securityGroups: ["sg-1"] } });
    const { images, diagnostics } = await pipeline.compile({ target });
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(images).toMatchObject([
      { base: "glacier-test/node:1", name: "glacier/behaviours", platform: "linux/arm64" },
    ]);
    expect(Object.keys((await images[0]?.context()) ?? {})).toContain("Dockerfile");
    expect(await images[0]?.registry()).toEqual({
      repository: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/behaviours",
      credentials: { username: "AWS", password: expect.stringMatching(/./) },
    });
  });

  it("what another try can't mend ends with 2", async () => {
    expect(await start("no_such_task")).toMatchObject({ code: 2, stderr: expect.stringContaining("TASK_UNKNOWN") });
  });
});
