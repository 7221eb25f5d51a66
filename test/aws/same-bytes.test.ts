import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findDataset } from "@glacier/core";
import type { RemoteRun } from "@glacier/core/execute";
import { LocalExecutor } from "@glacier/local";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lambdaMissing } from "../services/lambda.ts";
import { type MotoService, motoMissing, startMoto } from "../services/moto.ts";
import { type DeployedPipeline, deploy } from "./deployed.ts";
import { useMoto } from "./environment.ts";
import { flights, flightsInS3 } from "./pipelines.ts";

describe.skipIf(motoMissing() !== undefined || lambdaMissing() !== undefined)(
  "the flights example in functions",
  () => {
    let moto: MotoService;
    let deployed: DeployedPipeline;
    let restore: () => void;
    const out = mkdtempSync(join(tmpdir(), "glacier-same-"));

    beforeAll(async () => {
      moto = await startMoto();
      restore = useMoto(moto);
      await fetch(`${moto.endpoint}/acme-data`, { method: "PUT" });
      for (const { storage } of flights.plan({ for: new LocalExecutor() }).datasets) {
        const { basePath, key } = storage as { basePath?: string; key?: string };
        if (basePath === undefined || key === undefined) continue;
        await fetch(`${moto.endpoint}/acme-data/raw/${key}`, {
          method: "PUT",
          body: readFileSync(join(basePath, key)),
        });
      }
      deployed = await deploy(flights, moto, flightsInS3);
    }, 120_000);
    afterAll(async () => {
      await deployed?.stop();
      restore?.();
      await moto?.stop();
      rmSync(out, { recursive: true, force: true });
    });

    it("writes the very bytes of a local run", async () => {
      await flights.run({ executor: new LocalExecutor({ storage: out }) });
      const { answer } = await deployed.begin({}, "run-1");
      for (const { name } of deployed.plan.tasks)
        expect((await deployed.attempt(answer as RemoteRun, name)).error, name).toBeUndefined();
      await deployed.finish(answer as RemoteRun);

      const files = readdirSync(out).filter((name) => !name.startsWith("."));
      expect(files.length).toBeGreaterThan(9);
      for (const file of files)
        expect(Buffer.compare(await deployed.store.readBytes(file), readFileSync(join(out, file))), file).toBe(0);
      expect(findDataset(deployed.plan.datasets, "report").storage).toMatchObject({ kind: "s3" });
      expect((await deployed.journal("run-1")).at(-1)).toMatchObject({ type: "run.finished", status: "succeeded" });
    });
  },
);
