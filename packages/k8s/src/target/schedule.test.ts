import { describe, expect, it } from "vitest";
import { compiled, pipelineOf, taskOf } from "../../test/plans.ts";
import { scheduleOf, zoneOf } from "./schedule.ts";

describe("a cron expression as the cluster's controllers read it", () => {
  it.each([
    ["0 3 * * *", "0 3 * * *"],
    ["*/15 6-18 1,15 * mon-FRI", "*/15 6-18 1,15 * mon-FRI"],
    ["0 0 1/2 jan */2", "0 0 1/2 jan */2"],
    ["5 4 * * 7", "5 4 * * 0"],
    ["5 4 * * 5-7", "5 4 * * 0,5,6"],
    ["5 4 * * 1-7/2,sat", "5 4 * * 0,1,3,5,sat"],
    ["0 0 30 2 fri", "0 0 30 2 fri"],
  ])("%s", (cron, expected) => {
    expect(scheduleOf(cron)).toBe(expected);
  });

  it.each([
    "60 * * * *",
    "* 24 * * *",
    "* * 0 * *",
    "* * * 13 *",
    "* * * * 8",
    "5-1 * * * *",
    "*/0 * * * *",
    "*-5 * * * *",
    "x * * * *",
    "1-x * * * *",
    "* * L * *",
    "* * * * 5#2",
    "0 0 * *",
    "0 0 30 feb *",
  ])("%s is refused", (cron) => {
    expect(() => scheduleOf(cron)).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
  });
});

it.each(["argo", "driver"] as const)(
  "a schedule that %s can't read is an error before anything is emitted",
  async (engine) => {
    const { diagnostics, forms } = await compiled(pipelineOf([taskOf("load")], { schedule: "0 3 L * *" }), { engine });
    expect(diagnostics).toMatchObject([
      { severity: "error", error: { code: "OPTION_INVALID", hint: expect.stringContaining("five fields") } },
    ]);
    await expect(forms.manifests()).rejects.toMatchObject({ code: "OPTION_INVALID" });
  },
);

it.each([
  ["europe/berlin", "Europe/Berlin"],
  ["utc", "UTC"],
  ["us/pacific", "America/Los_Angeles"],
  ["US/Pacific", "US/Pacific"],
  ["Asia/Kolkata", "Asia/Kolkata"],
  ["Etc/GMT-2", "Etc/GMT-2"],
])("the time zone %s is %s for a cluster", (zone, expected) => {
  expect(zoneOf(zone)).toBe(expected);
});

it.each(["argo", "driver"] as const)("an offset is no time zone for %s", async (engine) => {
  const schedule = { cron: "0 3 * * *", timeZone: "+02:00" };
  const { diagnostics } = await compiled(pipelineOf([taskOf("load")], { schedule }), { engine });
  expect(diagnostics).toMatchObject([{ severity: "error", error: { code: "OPTION_INVALID" } }]);
});
