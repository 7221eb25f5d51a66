import { PassThrough } from "node:stream";
import { compute } from "@glacier/core";
import type Docker from "dockerode";
import { beforeEach, describe, expect, it } from "vitest";
import { failureOf } from "../../testing/run.ts";
import { type ContainerRun, createEngine } from "./engine.ts";

/** As much of dockerode as an engine needs; the real one runs in test/docker. */
class FakeDocker {
  info: () => Promise<object> = async () => ({});
  wait: () => Promise<unknown> = async () => ({});
  containers: { Id: string; Labels: Record<string, string> }[] = [];
  readonly created: Docker.ContainerCreateOptions[] = [];
  readonly removed: string[] = [];
  readonly modem: object = { demuxStream() {} };

  getImage(): object {
    return { inspect: async () => ({}) };
  }
  async listContainers(): Promise<object[]> {
    return this.containers;
  }
  getContainer(id: string): object {
    return { remove: async () => void this.removed.push(id) };
  }
  async createContainer(options: Docker.ContainerCreateOptions): Promise<object> {
    this.created.push(options);
    return {
      attach: async () => new PassThrough().end().resume(),
      start: async () => {},
      wait: () => this.wait(),
      kill: async () => {},
      inspect: async () => ({ State: { ExitCode: 0, OOMKilled: false } }),
      remove: async () => void this.removed.push("created"),
    };
  }
}

const container: ContainerRun = {
  compute: compute.container({ image: "a:1", cpu: 0.5, memory: 64, gpu: 2, env: { OWN: "1" } }),
  command: ["python", "train.py"],
  env: { GLACIER_RUN_ID: "r" },
  binds: [{ path: "/data/a:b" }, { path: "/in", readOnly: true }],
  workingDir: "/data",
  owner: { runId: "r", task: "t", attempt: 1 },
  signal: new AbortController().signal,
  log: () => {},
  note: () => {},
};

let docker: FakeDocker;
beforeEach(() => {
  docker = new FakeDocker();
});
const engine = () => createEngine({ client: docker });

describe("a container's settings", () => {
  it("are what the task's compute says", async () => {
    await engine().run(container);
    expect(docker.created[0]).toMatchObject({
      Image: "a:1",
      Entrypoint: ["python"],
      Cmd: ["train.py"],
      Env: ["HOME=/tmp", "OWN=1", "GLACIER_RUN_ID=r"],
      WorkingDir: "/data",
      HostConfig: {
        NanoCpus: 500_000_000,
        Memory: 67_108_864,
        MemorySwap: 67_108_864,
        DeviceRequests: [{ Count: 2, Capabilities: [["gpu"]] }],
        Mounts: [
          { Type: "bind", Source: "/data/a:b", Target: "/data/a:b", ReadOnly: false },
          { Type: "bind", Source: "/in", Target: "/in", ReadOnly: true },
        ],
      },
    });
    expect(docker.removed).toEqual(["created"]);
  });

  it("let it write files as whoever started the run", async () => {
    await engine().run(container);
    docker.info = async () => ({ SecurityOptions: ["name=seccomp,profile=default", "name=rootless"] });
    await engine().run(container);
    // In a rootless engine that is who root stands for.
    expect(docker.created.map(({ User }) => User)).toEqual([`${process.getuid?.()}:${process.getgid?.()}`, "0:0"]);
  });
});

describe("an engine that fails", () => {
  it("is DOCKER_UNAVAILABLE when it doesn't answer, and asked again the next time", async () => {
    const flaky = engine();
    docker.info = () => Promise.reject(new Error("connect ENOENT"));
    const error = await failureOf(flaky.run(container));
    expect(error).toMatchObject({ code: "DOCKER_UNAVAILABLE" });
    expect(error.hint).toContain("DOCKER_HOST");
    docker.info = async () => ({});
    await flaky.run(container);
  });

  it("is DOCKER_UNAVAILABLE when it goes away under a container, which is removed if it can be", async () => {
    docker.wait = () => Promise.reject(new Error("socket hang up"));
    expect(await failureOf(engine().run(container))).toMatchObject({
      code: "DOCKER_UNAVAILABLE",
      context: { task: "t" },
    });
    expect(docker.removed).toEqual(["created"]);
  });

  it("is not heard when the run was cancelled meanwhile", async () => {
    const controller = new AbortController();
    docker.wait = async () => {
      controller.abort(new Error("cancelled"));
      throw new Error("socket hang up");
    };
    await expect(engine().run({ ...container, signal: controller.signal })).rejects.toThrow("cancelled");
  });
});

it("sweeps containers whose process is gone, and no other", async () => {
  const gone = 2 ** 22 + 1; // above the largest pid there is
  docker.containers = [
    { Id: "mine", Labels: { "dev.glacier.pid": String(process.pid) } },
    { Id: "init's", Labels: { "dev.glacier.pid": "1" } },
    { Id: "stale", Labels: { "dev.glacier.pid": String(gone) } },
  ];
  await engine().sweep();
  expect(docker.removed).toEqual(["stale"]);
});
