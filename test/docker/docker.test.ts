import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GlacierError, RunEvent } from "@glacier/core";
import { LocalExecutor } from "@glacier/local";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type DockerService, dockerMissing, nodeImage, shellImage, startDocker } from "../services/docker.ts";
import { both, command, endless, exits, hungry, nodeless } from "./pipelines.ts";

const missing = dockerMissing();

describe.skipIf(missing !== undefined)(`containers${missing === undefined ? "" : ` (${missing})`}`, () => {
  let service: DockerService;
  let folder: string;
  let events: RunEvent[];
  const onEvent = (event: RunEvent) => void events.push(event);
  const executor = () => new LocalExecutor({ storage: folder, docker: { socketPath: service.socketPath } });
  const failure = async (run: Promise<unknown>): Promise<GlacierError> => {
    const error = await run.then(
      () => undefined,
      (thrown: GlacierError) => thrown,
    );
    expect(error, "the run should fail").toBeDefined();
    return (error?.issues[0] ?? error) as GlacierError;
  };

  beforeAll(async () => {
    process.env["DOCKER_TEST_KEY"] = "sesame-42";
    service = await startDocker();
  }, 120_000);
  afterAll(() => service?.stop(), 60_000);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "glacier-out-"));
    events = [];
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
    expect(service.docker("ps", "-aq").trim(), "containers left behind").toBe("");
    expect(service.docker("volume", "ls", "-q").trim(), "volumes left behind").toBe("");
  });

  it("runs handlers and commands, with their env, secrets and logs", async () => {
    await both.run({ executor: executor(), onEvent });
    expect(JSON.parse(readFileSync(join(folder, "total.json"), "utf8"))).toBe(60);
    expect(readFileSync(join(folder, "report.txt"), "utf8")).toBe("total: 60\n");
    expect(readFileSync(join(folder, "counted.txt"), "utf8").trim()).toBe("3");
    const logs = events.filter((event) => event.type === "log");
    expect(logs).toContainEqual(
      expect.objectContaining({
        task: "sum",
        level: "info",
        message: "from the handler",
        fields: { greeting: "hello" },
      }),
    );
    expect(logs).toContainEqual(expect.objectContaining({ task: "sum", level: "warn", message: "plain error output" }));
    expect(logs).toContainEqual(expect.objectContaining({ task: "report", level: "info", message: "counting" }));
    expect(events).toContainEqual(expect.objectContaining({ type: "dataset.written", dataset: "total" }));
    expect(JSON.stringify(events)).not.toContain("sesame-42");
  });

  it("kills a command at its timeout", async () => {
    expect(await failure(endless(1).run({ executor: executor() }))).toMatchObject({ code: "TASK_TIMEOUT" });
  });

  it("kills a command when the run is cancelled", async () => {
    const controller = new AbortController();
    const run = endless().run({
      executor: executor(),
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === "log" && event.message === "sleeping") controller.abort();
      },
    });
    expect(await failure(run)).toMatchObject({ code: "CANCELLED" });
  });

  it("tells a program that is missing from an image that can't be had", async () => {
    expect(await failure(command(shellImage, ["python3"]).run({ executor: executor() }))).toMatchObject({
      code: "IMAGE_UNAVAILABLE",
    });
    const absent = await failure(command("localhost:1/nobody/nothing", ["sh"]).run({ executor: executor(), onEvent }));
    expect(absent).toMatchObject({ code: "IMAGE_UNAVAILABLE" });
    expect(events).toContainEqual(
      expect.objectContaining({ type: "task.progress", note: expect.stringContaining("pulling") }),
    );
  });

  it("says that a handler's image needs Node", async () => {
    const error = await failure(nodeless.run({ executor: executor() }));
    expect(error).toMatchObject({ code: "IMAGE_UNAVAILABLE" });
    expect(error.hint).toContain("Node");
  });

  it("says that there is no GPU", async () => {
    expect(await failure(command(nodeImage, ["sh"], { gpu: 1 }).run({ executor: executor() }))).toMatchObject({
      code: "COMPUTE_UNSUPPORTED",
    });
  });

  it("ends a handler that takes more memory than it has", async () => {
    expect(await failure(hungry.run({ executor: executor() }))).toMatchObject({
      code: "OUT_OF_MEMORY",
      context: { task: "eat" },
    });
  });

  it("tells with which exit code a handler ended its process", async () => {
    expect(await failure(exits.run({ executor: executor() }))).toMatchObject({
      code: "TASK_CRASHED",
      context: { exitCode: 7 },
    });
  });

  it("refuses memory storage for handlers before anything runs", async () => {
    const inMemory = new LocalExecutor({ storage: "memory", docker: { socketPath: service.socketPath } });
    await expect(nodeless.run({ executor: inMemory, onEvent })).rejects.toMatchObject({ code: "STORAGE_UNREACHABLE" });
    expect(events).toEqual([]);
  });

  it("has one clear error where no engine answers", async () => {
    const nowhere = new LocalExecutor({ storage: folder, docker: { socketPath: join(folder, "no.sock") } });
    await expect(endless().run({ executor: nowhere, onEvent })).rejects.toMatchObject({ code: "DOCKER_UNAVAILABLE" });
    expect(events).toEqual([]);
  });

  it("removes what a killed run left behind when the next one starts", async () => {
    const script = `
      import { LocalExecutor } from "@glacier/local";
      import { endless } from ${JSON.stringify(new URL("./pipelines.ts", import.meta.url).href)};
      await endless().run({
        executor: new LocalExecutor({ storage: ${JSON.stringify(folder)}, docker: { socketPath: ${JSON.stringify(service.socketPath)} } }),
        onEvent: (event) => event.type === "log" && console.log(event.message),
      });`;
    const child = spawn(process.execPath, ["--conditions=@glacier/source", "--input-type=module", "-e", script], {
      cwd: new URL("..", import.meta.url),
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise<void>((resolve) =>
      child.stdout.on("data", (text: Buffer) => text.toString().includes("sleeping") && resolve()),
    );
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
    expect(service.docker("ps", "-q").trim()).not.toBe("");
    await command(shellImage, ["sh", "-c", 'echo done > "$GLACIER_OUTPUT_OUTPUT"']).run({ executor: executor() });
    expect(service.docker("ps", "-aq").trim()).toBe("");
  });
});
