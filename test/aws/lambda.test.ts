import type { RemoteRun } from "@glacier/core/execute";
import { listRuns } from "@glacier/core/inspect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lambdaMissing } from "../services/lambda.ts";
import { type MotoService, motoMissing, startMoto } from "../services/moto.ts";
import { pipeline } from "./behaviours.ts";
import { caught, type DeployedPipeline, deploy } from "./deployed.ts";
import { useMoto } from "./environment.ts";

describe.skipIf(motoMissing() !== undefined || lambdaMissing() !== undefined)(
  "functions under Lambda's runtime client",
  () => {
    let moto: MotoService;
    let deployed: DeployedPipeline;
    let run: RemoteRun;
    let restore: () => void;

    beforeAll(async () => {
      moto = await startMoto();
      restore = useMoto(moto);
      await fetch(`${moto.endpoint}/sources`, { method: "PUT" });
      await fetch(`${moto.endpoint}/sources/source.json`, { method: "PUT", body: '{"price":21}' });
      deployed = await deploy(pipeline, moto);
      run = (await deployed.begin({ params: { day: "monday" } }, "run-1")).answer as RemoteRun;
    }, 120_000);
    afterAll(async () => {
      await deployed?.stop();
      restore?.();
      await moto?.stop();
    });

    const own = (task: string, events: readonly { task?: string; type: string }[]) =>
      events.filter((event) => event.task === task).map(({ type }) => type);

    it("begin pins the sources and starts the journal; its execution names the run", async () => {
      expect(run).toEqual({ runId: "run-1", params: { day: "monday" }, segment: "000002", selected: "all" });
      expect((await deployed.journal("run-1"))[0]).toMatchObject({
        type: "run.started",
        executor: "aws",
        resumed: false,
      });
      expect((await deployed.store.readJson(".glacier/pins/behaviours/run-1.json"))?.value).toEqual({
        source: expect.any(String),
      });
    });

    it("begin refuses params that the tasks don't take", async () => {
      const { error } = await deployed.begin({ params: { day: 3 } }, "run-2");
      expect(error).toMatchObject({ errorType: "PARAMS_INVALID" });
      expect(JSON.parse(error?.errorMessage ?? "")).toMatchObject({ code: "PARAMS_INVALID", hint: expect.any(String) });
    });

    it("a task's outputs are committed, and its events are in the journal", async () => {
      const { answer, output } = await deployed.attempt(run, "works");
      expect((await deployed.store.readJson("made.json"))?.value).toBe(42);
      expect(answer).toEqual({ task: "works", attempt: 1 });
      expect(own("works", (await deployed.journal("run-1")) as never)).toEqual([
        "attempt.started",
        "log",
        "dataset.written",
        "dataset.read",
        "task.succeeded",
      ]);
      expect(JSON.parse(output.split("\n")[0] ?? "")).toMatchObject({
        level: "info",
        message: "working",
        fields: { day: "monday" },
        runId: "run-1",
      });
      await deployed.attempt(run, "follows");
      expect((await deployed.store.readJson("followed.json"))?.value).toBe(43);
    });

    it("the handler's own error comes by its code, with its own stack, in its own file", async () => {
      const { error } = await deployed.attempt(run, "throws", { attempt: 1 });
      expect(error?.errorType).toBe("TASK_FAILED");
      expect(error?.trace?.[0]).toBe("TypeError: no price");
      expect(error?.trace?.[1]).toMatch(/behaviours\.ts:\d+:\d+/);
      const told = JSON.parse(error?.errorMessage ?? "");
      expect(told).toMatchObject({ code: "TASK_FAILED", retryable: true, context: { task: "throws" } });
      expect(told.stack).toBe(error?.trace?.join("\n"));
      await deployed.attempt(run, "throws", { attempt: 2 });
      // Whether it was the last, finish says: Step Functions may have counted starts that came to nothing.
      expect(own("throws", (await deployed.journal("run-1")) as never)).toEqual([
        "attempt.started",
        "attempt.failed",
        "attempt.started",
        "attempt.failed",
      ]);
    });

    it("what is not worth another try has another name", async () => {
      const { error } = await deployed.attempt(run, "returns_nonsense");
      expect(error?.errorType).toBe("DATA_INVALID");
      expect(JSON.parse(error?.errorMessage ?? "")).toMatchObject({ retryable: false });
    });

    it("a task that waits too long says so before Lambda ends it", async () => {
      const { error } = await deployed.attempt(run, "hangs", { timeout: 4 });
      expect(error?.errorType).toBe("TASK_TIMEOUT");
      expect(own("hangs", (await deployed.journal("run-1")) as never)).toContain("task.failed");
    });

    it("a task's compute has a timeout of its own, which ends it like the task's", async () => {
      const { error } = await deployed.attempt(run, "is_limited", { timeout: 30 });
      expect(error?.errorType).toBe("TASK_TIMEOUT");
      expect(JSON.parse(error?.errorMessage ?? "").message).toBe(
        'task "is_limited" took longer than its timeout of 1 s',
      );
    });

    it("a task that never lets go is ended by Lambda; its beginning is in the journal", async () => {
      const { error } = await deployed.attempt(run, "loops", { timeout: 4 });
      expect(error?.errorType).toBe("Sandbox.Timedout");
      expect(own("loops", (await deployed.journal("run-1")) as never)).toEqual(["attempt.started"]);
    });

    it("process.exit ends one invocation, and the next gets a fresh process", async () => {
      const before = deployed.starts();
      const { error } = await deployed.attempt(run, "exits");
      expect(error).toMatchObject({
        errorType: "Runtime.ExitError",
        errorMessage: expect.stringContaining("exit status 3"),
      });
      expect((await deployed.attempt(run, "counts")).answer).toBeDefined();
      expect(deployed.starts()).toBeGreaterThan(before);
    });

    it("an error that nothing catches is the task's, with its stack; a handler that goes on ends with its process", async () => {
      await deployed.attempt(run, "counts");
      const before = deployed.starts();
      const { error } = await deployed.attempt(run, "rejects_elsewhere");
      expect(error?.errorType).toBe("TASK_CRASHED");
      expect(error?.trace?.[0]).toBe("RangeError: nobody listens");
      await deployed.attempt(run, "counts");
      expect(deployed.starts()).toBe(before + 1);
    });

    it("an answer says nothing of what a task logs; the journal has it all", async () => {
      const { answer } = await deployed.attempt(run, "talks");
      expect(answer).toEqual({ task: "talks", attempt: 1 });
      expect(own("talks", (await deployed.journal("run-1")) as never).filter((type) => type === "log")).toHaveLength(
        5000,
      );
    });

    describe("secrets", () => {
      const put = (value: string, action = "CreateSecret") =>
        fetch(moto.endpoint, {
          method: "POST",
          headers: {
            "x-amz-target": `secretsmanager.${action}`,
            "content-type": "application/x-amz-json-1.1",
            authorization:
              "AWS4-HMAC-SHA256 Credential=test/20261125/eu-west-1/secretsmanager/aws4_request, SignedHeaders=host, Signature=0",
          },
          body: JSON.stringify({ Name: "behaviours/api-key", SecretId: "behaviours/api-key", SecretString: value }),
        });

      it("one that is missing is named, with the command that puts it there", async () => {
        const { error } = await deployed.attempt(run, "keeps_secrets");
        expect(error?.errorType).toBe("SECRET_MISSING");
        expect(JSON.parse(error?.errorMessage ?? "").hint).toContain("--name behaviours/api-key");
      });

      it("come from Secrets Manager, and are in nothing that leaves the function", async () => {
        expect((await put("hunter2-and-more")).ok).toBe(true);
        const invocation = await deployed.attempt(run, "keeps_secrets");
        expect((await deployed.store.readJson("kept.json"))?.value).toEqual({ length: 16 });
        expect(invocation.output).toContain("printed ***");
        expect(invocation.output).toContain("warned ***");
        expect(JSON.stringify(invocation)).not.toContain("hunter2");
        expect(JSON.stringify(await deployed.journal("run-1"))).not.toContain("hunter2");
      });

      it("are read anew by each attempt, and are masked in its error", async () => {
        await put("bad-hunter2", "PutSecretValue");
        const invocation = await deployed.attempt(run, "keeps_secrets", { attempt: 2 });
        expect(invocation.error?.trace?.[0]).toBe("Error: can't use ***");
        expect(JSON.stringify(invocation)).not.toContain("hunter2");
      });

      it("are not printed by a handler that goes on after its time, which ends with its process", async () => {
        await put("hunter2-for-long", "PutSecretValue");
        const invocation = await deployed.attempt(run, "lingers");
        expect(invocation.error?.errorType).toBe("TASK_TIMEOUT");
        const before = deployed.starts();
        const next = await deployed.attempt(run, "hangs", { timeout: 6 });
        expect(next.error?.errorType).toBe("TASK_TIMEOUT");
        expect(deployed.starts()).toBe(before + 1);
        expect(JSON.stringify([invocation, next])).not.toMatch(/hunter2|late|too late/);
      });

      it("one that is marked for deletion is missing, and not to be waited for", async () => {
        expect((await put("", "DeleteSecret")).ok).toBe(true);
        const { error } = await deployed.attempt(run, "keeps_secrets", { attempt: 3 });
        expect(error?.errorType).toBe("SECRET_MISSING");
        expect(JSON.parse(error?.errorMessage ?? "").hint).toContain("restore-secret --secret-id behaviours/api-key");
      });

      it("are not there for the next task of a warm function", async () => {
        await deployed.attempt(run, "counts", { attempt: 2 });
        const before = deployed.starts();
        await deployed.attempt(run, "counts", { attempt: 3 });
        expect(deployed.starts()).toBe(before);
        const counted = await deployed.store.readJson<{ invocations: number; secrets: boolean }>("counted.json");
        expect(counted?.value.invocations).toBeGreaterThan(1);
        expect(counted?.value.secrets).toBe(false);
      });
    });

    it("finish tells a failed run's own error, and `glacier runs` sees it", async () => {
      const second = (await deployed.begin({ params: { day: "monday" } }, "run-3")).answer as RemoteRun;
      const failed = await deployed.attempt(second, "throws", { attempt: 2 });
      const { answer } = await deployed.finish(second, caught(failed));
      expect(answer).toMatchObject({ runId: "run-3", error: { Error: "TASK_FAILED" } });
      expect(JSON.parse((answer as { error: { Cause: string } }).error.Cause)).toMatchObject({
        context: { task: "throws" },
      });
      const runs = [];
      for await (const one of listRuns(deployed.plan, deployed.registry, Date.now())) runs.push(one);
      expect(runs.find(({ runId }) => runId === "run-3")).toMatchObject({
        status: "failed",
        error: { code: "RUN_FAILED" },
      });
    });

    it("finish names the task that died without a word, where only one can have", async () => {
      const third = (await deployed.begin({ params: { day: "monday" } }, "run-4")).answer as RemoteRun;
      const died = await deployed.attempt(third, "exits");
      await deployed.finish(third, caught(died));
      const events = await deployed.journal("run-4");
      expect(events.find(({ type }) => type === "task.failed")).toMatchObject({
        task: "exits",
        error: { code: "TASK_CRASHED", context: { exitCode: 3 } },
      });
      expect(events.at(-1)).toMatchObject({ type: "run.finished", status: "failed" });
    });

    it("finish ends a run that went well", async () => {
      const fourth = (await deployed.begin({ params: { day: "monday" } }, "run-5")).answer as RemoteRun;
      expect((await deployed.finish(fourth)).answer).toEqual({ runId: "run-5" });
      expect((await deployed.journal("run-5")).at(-1)).toMatchObject({ status: "succeeded" });
    });

    it("begin may be tried again, and refuses a run that has begun tasks", async () => {
      const params = { day: "monday" };
      await deployed.begin({ params }, "run-6");
      const again = (await deployed.begin({ params }, "run-6")).answer as RemoteRun;
      expect(again).toMatchObject({ runId: "run-6", params });
      await deployed.attempt(again, "throws");
      const before = await deployed.journal("run-6");
      const { error } = await deployed.begin({ params }, "run-6");
      expect(error).toMatchObject({ errorType: "OPTION_INVALID" });
      expect(await deployed.journal("run-6")).toEqual(before);
    });
  },
);
