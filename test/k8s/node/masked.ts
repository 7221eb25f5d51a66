import { expect, it } from "vitest";
import type { NodeCluster } from "./cluster.ts";
import { drive } from "./driven.ts";
import { leaking } from "./pipelines.ts";

/** What a driver, which knows no secrets, hears of a pod that has some. */
export function masked(use: () => NodeCluster): void {
  it("no secret is in what a task's own processes print, and what ends them is told as of any other", async () => {
    const driven = await drive(leaking, {}, "leaking", use(), { "api-key": "hunter2-hunter2" });
    let events = await driven.journal().catch(() => []);
    while (events.at(-1)?.type !== "run.finished") {
      await new Promise((resolve) => setTimeout(resolve, 500));
      events = await driven.journal().catch(() => []);
    }
    expect(events).toContainEqual(expect.objectContaining({ type: "log", message: "a process says ***" }));
    expect(events).toContainEqual(
      expect.objectContaining({ type: "attempt.failed", error: expect.objectContaining({ code: "OUT_OF_MEMORY" }) }),
    );
    const engine = ["-l", "app.kubernetes.io/component=engine", "--tail=-1"];
    const said = await use().cluster.kubectl(["logs", "-n", "leaking", ...engine]);
    expect(said).toContain("a process says ***");
    expect(said + JSON.stringify(events)).not.toContain("hunter2");
    await driven.remove();
  }, 300_000);
}
