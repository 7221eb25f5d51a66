import * as sdk from "@aws-sdk/client-ecs";
import { GlacierError } from "@glacier/core";
import { describe, expect, it } from "vitest";
import { pipelineOf, planOf, taskOf } from "../../test/plans.ts";
import type { Clients } from "./clients.ts";
import type { DirectAttempt } from "./direct.ts";
import { type Network, runContainer } from "./ecs.ts";

const network: Network = { subnets: [], securityGroups: [], assignPublicIp: "DISABLED" };
const stopped = {
  lastStatus: "STOPPED",
  containers: [
    { name: "aws-guardduty-agent-X1", exitCode: 137 },
    { name: "task", exitCode: 0 },
  ],
};
const outage = () => Promise.reject(new GlacierError("UNAVAILABLE", { message: "ECS is out", hint: "Wait." }));

/** Runs a container over an ECS that says so of it, look by look. */
async function run(
  next: (look: number) => Promise<sdk.Task | undefined>,
  { signal = new AbortController().signal, refuses = "" } = {},
) {
  const sent: string[] = [];
  const warnings: string[] = [];
  const send = async (command: object) => {
    sent.push(command.constructor.name);
    if (command.constructor.name === refuses) throw Object.assign(new Error("no"), { name: "AccessDeniedException" });
    return { tasks: [{ taskArn: "arn:1" }] };
  };
  const clients = { ecs: async () => ({ sdk, client: { send } }) } as unknown as Clients;
  const attempt: DirectAttempt = {
    plan: planOf(pipelineOf([taskOf("train")])),
    request: { task: "train", attempt: 1, run: { runId: "r", params: {}, segment: "attempts/1", selected: "all" } },
    signal,
    token: "t",
    note: () => {},
    warn: (message) => void warnings.push(message),
  };
  let looks = 0;
  const error = await runContainer(attempt, network, { next: () => next(++looks) }, clients).then(
    () => undefined,
    (thrown: GlacierError) => thrown,
  );
  return { error, sent, looks, warnings };
}

describe("a container that can't be looked at", () => {
  it("is followed through an outage that ends", async () => {
    const { error, sent } = await run((look) => (look <= 60 ? outage() : Promise.resolve(stopped)));
    expect(error).toBeUndefined();
    expect(sent).toEqual(["RunTaskCommand"]);
  });

  it("is told to stop when that takes too long, and its task is not tried again beside it", async () => {
    const { error, sent, looks } = await run(outage);
    expect(looks).toBe(61);
    expect(error).toMatchObject({ code: "UNAVAILABLE", retryable: false, context: { task: "train" } });
    expect(error?.message).toContain("ECS is out");
    expect(error?.hint).toContain("stop-task");
    expect(sent).toEqual(["RunTaskCommand", "StopTaskCommand"]);
  });

  it("likewise where that is denied, at once", async () => {
    const denied = new GlacierError("PERMISSION_DENIED", { message: "no", hint: "Allow it." });
    const { error, looks } = await run(() => Promise.reject(denied));
    expect(looks).toBe(1);
    expect(error).toMatchObject({ code: "PERMISSION_DENIED", cause: denied });
  });

  it("is gone only where ECS says that it knows of none", async () => {
    const { error } = await run(async () => undefined);
    expect(error).toMatchObject({ code: "TASK_CRASHED", message: expect.stringContaining("knows nothing") });
  });
});

describe("a container that can't be stopped", () => {
  async function ending(code: "CANCELLED" | "TASK_TIMEOUT") {
    const controller = new AbortController();
    const reason = new GlacierError(code, { message: "it is over", hint: "-" });
    const look = async () => {
      controller.abort(reason);
      return { lastStatus: "RUNNING" };
    };
    const ended = await run(look, { signal: controller.signal, refuses: "StopTaskCommand" });
    expect(ended.sent).toEqual(["RunTaskCommand", "StopTaskCommand"]);
    return { ...ended, reason };
  }
  const byHand = /ecs:StopTask.*aws ecs stop-task .* --task arn:1/;

  it("is told of where the run is cancelled", async () => {
    const { error, warnings, reason } = await ending("CANCELLED");
    expect(error).toBe(reason);
    expect(warnings).toEqual([expect.stringMatching(byHand)]);
  });

  it("gets no other attempt beside it where its time is over", async () => {
    const { error } = await ending("TASK_TIMEOUT");
    expect(error).toMatchObject({ code: "TASK_TIMEOUT", retryable: false, hint: expect.stringMatching(byHand) });
    expect(error?.message).toMatch(/^it is over; its container runs on: /);
  });
});

describe("a container that ended", () => {
  it.each([
    ["by its own code", { stopCode: "EssentialContainerExited" }, { exitCode: 7 }, "TASK_CRASHED", true],
    ["for lack of memory", { stopCode: "EssentialContainerExited" }, { exitCode: 137 }, "OUT_OF_MEMORY", false],
    [
      "with its host",
      { stopCode: "TerminationNotice", stoppedReason: "Fargate maintenance" },
      { exitCode: 137 },
      "EVICTED",
      true,
    ],
    ["by hand", { stopCode: "UserInitiated", stoppedReason: "stopped by ana" }, { exitCode: 143 }, "EVICTED", true],
    [
      "before it began",
      { stopCode: "TaskFailedToStart", stoppedReason: "ResourceInitializationError: no route" },
      {},
      "UNAVAILABLE",
      true,
    ],
    [
      "for lack of an image",
      { stopCode: "TaskFailedToStart", stoppedReason: "CannotPullContainerError: gone" },
      {},
      "IMAGE_UNAVAILABLE",
      false,
    ],
  ] as const)("%s", async (_, end, own, code, retryable) => {
    const containers = [
      { name: "log-router", exitCode: 0 },
      { name: "task", ...own },
    ];
    const { error } = await run(async () => ({ lastStatus: "STOPPED", ...end, containers }));
    expect(error).toMatchObject({ code, retryable, context: { task: "train" } });
    if ("stoppedReason" in end) expect(error?.message).toContain(end.stoppedReason);
  });

  it("is told with the log that has its last words, and none of them", async () => {
    const containers = [{ name: "task", exitCode: 7 }];
    const { error, sent } = await run(async () => ({
      lastStatus: "STOPPED",
      taskArn: "arn:aws:ecs:::task/c/0a1b",
      containers,
    }));
    expect(error?.hint).toMatch(/aws logs tail \/aws\/ecs\/\S+ --log-stream-names task\/task\/0a1b$/);
    expect(sent).toEqual(["RunTaskCommand"]);
  });
});
