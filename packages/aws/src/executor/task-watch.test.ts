import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Clients } from "./clients.ts";
import { watchTasks } from "./task-watch.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A watch over an ECS that answers so, and what it was asked for. */
function watching(answer: (tasks: string[], call: number) => object) {
  const asked: string[][] = [];
  class DescribeTasksCommand {
    readonly input: { tasks: string[] };
    constructor(input: { tasks: string[] }) {
      this.input = input;
    }
  }
  const send = async ({ input: { tasks } }: DescribeTasksCommand) => {
    asked.push(tasks);
    return answer(tasks, asked.length);
  };
  const clients = { ecs: async () => ({ sdk: { DescribeTasksCommand }, client: { send } }) } as unknown as Clients;
  return { watch: watchTasks("models", clients), asked };
}

const running = (tasks: string[]) => ({ tasks: tasks.map((taskArn) => ({ taskArn, lastStatus: "RUNNING" })) });
const throttled = () => Promise.reject(Object.assign(new Error("Rate exceeded"), { name: "ThrottlingException" }));

describe("looking at containers", () => {
  it("asks for a hundred of them at once, and tells each of its own", async () => {
    const { watch, asked } = watching(running);
    const arns = Array.from({ length: 250 }, (_, i) => `arn:${i}`);
    const looks = arns.map((arn) => watch.next(arn));
    await vi.advanceTimersByTimeAsync(2000);
    expect((await Promise.all(looks)).map((task) => task?.taskArn)).toEqual(arns);
    expect(asked.map((tasks) => tasks.length)).toEqual([100, 100, 50]);
  });

  it("doesn't look while nobody waits", async () => {
    const { watch, asked } = watching(running);
    const look = watch.next("a");
    await vi.advanceTimersByTimeAsync(60_000);
    await look;
    expect(asked).toEqual([["a"]]);
  });

  it("knows nothing of what ECS doesn't answer for", async () => {
    const { watch } = watching(() => ({ tasks: [], failures: [{ arn: "a", reason: "MISSING" }] }));
    const look = watch.next("a");
    await vi.advanceTimersByTimeAsync(2000);
    expect(await look).toBeUndefined();
  });

  it("looks less often while it is throttled, and as before afterwards", async () => {
    const { watch, asked } = watching((tasks, call) => (call <= 6 ? throttled() : running(tasks)));
    const times: number[] = [];
    const began = Date.now();
    for (let looks = 0; looks < 8; looks++) {
      const look = watch.next("a").catch((error) => expect(error.code).toBe("THROTTLED"));
      await vi.advanceTimersToNextTimerAsync();
      await look;
      times.push(Date.now() - began);
    }
    expect(times.map((time, i) => time - (times[i - 1] ?? 0))).toEqual(
      [2, 4, 8, 16, 30, 30, 30, 2].map((s) => s * 1000),
    );
    expect(asked).toHaveLength(8);
  });

  it("fails for all who wait where access is denied", async () => {
    const denied = Object.assign(new Error("no"), { name: "AccessDeniedException" });
    const { watch } = watching(() => Promise.reject(denied));
    const looks = Promise.allSettled([watch.next("a"), watch.next("b")]);
    await vi.advanceTimersByTimeAsync(2000);
    const reason = expect.objectContaining({
      code: "PERMISSION_DENIED",
      hint: expect.stringContaining("DescribeTasks"),
    });
    expect(await looks).toEqual([
      { status: "rejected", reason },
      { status: "rejected", reason },
    ]);
  });
});
