import type { Plan, TaskInvocation } from "@glacier/core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { attemptLabels, attemptName } from "./attempt-name.ts";

const plan = { state: { kind: "s3", bucket: "b" }, pipeline: "orders" } as unknown as Plan;
const invocation = { runId: "run-1", task: "clean", attempt: 1 } as TaskInvocation;

it("is the same whoever asks", () => {
  expect(attemptName(plan, { ...invocation, params: { day: 2 } })).toBe(attemptName({ ...plan }, { ...invocation }));
});

it.each<[string, Partial<Plan>, Partial<TaskInvocation>]>([
  ["state", { state: { kind: "s3", bucket: "c" } }, {}],
  ["pipeline", { pipeline: "other" }, {}],
  ["tenant", { tenant: "acme" }, {}],
  ["run", {}, { runId: "run-2" }],
  ["task", {}, { task: "clean_" }],
  ["attempt", {}, { attempt: 2 }],
])("differs by %s", (_, otherPlan, other) => {
  expect(attemptName({ ...plan, ...otherPlan }, { ...invocation, ...other })).not.toBe(attemptName(plan, invocation));
});

it("names and labels are legal, whatever the names", () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,62}$/);
  const runId = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/);
  fc.assert(
    fc.property(name, name, runId, (pipeline, task, run) => {
      const of = { ...invocation, task, runId: run };
      // A Job's name becomes a label, and pods' names append to it.
      expect(attemptName({ ...plan, pipeline }, of)).toMatch(/^[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?$/);
      for (const value of Object.values(attemptLabels({ ...plan, pipeline }, of))) {
        expect(value).toMatch(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/);
      }
    }),
  );
});
