import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isGlacierError, type RunEvent } from "@glacier/core";
import { LocalExecutor } from "@glacier/local";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type DockerService, dockerMissing, shellImage, startDocker } from "../services/docker.ts";
import { command, copying, waiting } from "./pipelines.ts";

const missing = dockerMissing();

describe.skipIf(missing !== undefined)(`containers${missing === undefined ? "" : ` (${missing})`}`, () => {
  let service: DockerService;
  let folder: string;
  const executor = (storage = folder) => new LocalExecutor({ storage, docker: { socketPath: service.socketPath } });

  beforeAll(async () => {
    process.env["DOCKER_TEST_KEY"] = "sesame-42";
    service = await startDocker();
  }, 120_000);
  afterAll(() => service?.stop(), 60_000);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "glacier-out-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
    expect(service.docker("ps", "-aq").trim(), "containers left behind").toBe("");
    expect(service.docker("volume", "ls", "-q").trim(), "volumes left behind").toBe("");
  });

  /** What `docker inspect` shows of the container of a run, which is cancelled then. */
  async function inspected(pipeline: typeof waiting): Promise<string> {
    const controller = new AbortController();
    let seen = "";
    const onEvent = (event: RunEvent) => {
      if (event.type !== "log" || event.message !== "waiting") return;
      seen = service.docker("inspect", service.docker("ps", "-q").trim());
      controller.abort();
    };
    const run = pipeline.run({ executor: executor(), signal: controller.signal, onEvent });
    await run.catch((error: unknown) => expect(isGlacierError(error, "CANCELLED"), String(error)).toBe(true));
    return seen;
  }

  it("shows nobody a handler's secrets", async () => {
    const seen = await inspected(waiting);
    expect(seen).toContain("dev.glacier.run");
    expect(seen).not.toContain("sesame-42");
    expect(seen).not.toContain("DOCKER_TEST_KEY");
  });

  it("gives a handler its inputs to read, and files that belong to whoever started the run", async () => {
    const input = join(folder, "in: put");
    mkdirSync(input);
    writeFileSync(join(input, "source.json"), "20");
    const output = join(folder, "out: put");
    await copying.run({
      executor: executor(output),
      bindings: { source: { kind: "localFs", basePath: input } as never },
    });
    expect(JSON.parse(readFileSync(join(output, "total.json"), "utf8"))).toEqual({ source: 20, writing: "EROFS" });
    expect(statSync(join(output, "total.json")).uid).toBe(process.getuid?.());
  });

  it.each([
    ["cpu", { cpu: 4096 }],
    ["memory", { memory: 1 }],
  ])("refuses %s that the engine can't give", async (_, limits) => {
    const run = command(shellImage, ["sh"], limits).run({ executor: executor() });
    await expect(run).rejects.toMatchObject({ issues: [{ code: "COMPUTE_UNSUPPORTED", context: { task: "run" } }] });
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "removes the container of a program that %s ends",
    async (signal) => {
      const child = program(
        `await endless().run({ executor, onEvent: (e) => e.type === "log" && console.log(e.message) });`,
      );
      await said(child, "sleeping");
      child.kill(signal);
      expect(await new Promise((resolve) => child.once("exit", (_, by) => resolve(by)))).toBe(signal);
    },
  );

  it("leaves a signal to the program that handles it", async () => {
    const child = program(`
      const controller = new AbortController();
      process.once("SIGTERM", () => controller.abort());
      const run = endless().run({
        executor, signal: controller.signal, onEvent: (e) => e.type === "log" && console.log(e.message),
      });
      await run.catch((error) => console.log(error.code));`);
    await said(child, "sleeping");
    const cancelled = said(child, "CANCELLED");
    child.kill("SIGTERM");
    await cancelled;
    expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(0);
  });

  function program(body: string): ChildProcess {
    const script = `
      import { LocalExecutor } from "@glacier/local";
      import { endless } from ${JSON.stringify(new URL("./pipelines.ts", import.meta.url).href)};
      const docker = { socketPath: ${JSON.stringify(service.socketPath)} };
      const executor = new LocalExecutor({ storage: ${JSON.stringify(folder)}, docker });
      ${body}`;
    return spawn(process.execPath, ["--conditions=@glacier/source", "--input-type=module", "-e", script], {
      cwd: new URL("..", import.meta.url),
      stdio: ["ignore", "pipe", "inherit"],
    });
  }
});

function said(child: ChildProcess, words: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.on("data", (text: Buffer) => text.toString().includes(words) && resolve());
    child.once("exit", () => reject(new Error(`it ended before it said "${words}"`)));
  });
}
