import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compute, secretVariable } from "@glacier/core";
import { LocalExecutor } from "@glacier/local";
import { testExecutor } from "@glacier/testkit";
import { afterAll, beforeAll, describe, expect, onTestFinished } from "vitest";
import { type DockerService, dockerMissing, nodeImage, startDocker } from "../services/docker.ts";

const missing = dockerMissing();

describe.skipIf(missing !== undefined)(`containers${missing === undefined ? "" : ` (${missing})`}`, () => {
  let service: DockerService;
  beforeAll(async () => {
    service = await startDocker();
  }, 120_000);
  afterAll(() => service?.stop(), 60_000);

  testExecutor("LocalExecutor in Docker", {
    create({ secrets }) {
      const folder = mkdtempSync(join(tmpdir(), "glacier-out-"));
      onTestFinished(() => {
        rmSync(folder, { recursive: true, force: true });
        expect(service.docker("ps", "-aq").trim(), "containers left behind").toBe("");
      });
      const held = Object.entries(secrets).map(([name, value]) => [secretVariable(name), value]);
      return new LocalExecutor({
        storage: folder,
        env: { ...process.env, ...Object.fromEntries(held) },
        docker: { socketPath: service.socketPath },
      });
    },
    compute: compute.container({ image: nodeImage }),
    timeout: 180_000,
  });
});
