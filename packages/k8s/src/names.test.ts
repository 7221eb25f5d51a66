import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as names from "./names.ts";

const name = () =>
  fc.oneof(
    fc.stringMatching(/^[a-z][a-z0-9_-]{0,62}$/),
    fc.constantFrom("a", "b", "a-b", "a_b", "a--b", "a---b", "a-", "engine", "z".repeat(63), `${"z".repeat(62)}1`),
  );
const parts = () => fc.record({ pipeline: name(), tenant: fc.option(name(), { nil: undefined }), task: name() });

const kinds: readonly [
  kind: string,
  of: (given: { pipeline: string; tenant: string | undefined; task: string }) => string,
  max: number,
  identity: (given: { pipeline: string; tenant: string | undefined; task: string }) => unknown[],
][] = [
  ["deployment", names.deploymentName, 63, ({ pipeline, tenant }) => [pipeline, tenant]],
  ["CronWorkflow", (d) => names.deploymentName(d, 52), 52, ({ pipeline, tenant }) => [pipeline, tenant]],
  ["WorkflowTemplate", (d) => names.deploymentName(d, 57), 57, ({ pipeline, tenant }) => [pipeline, tenant]],
  ["ServiceAccount", (d) => names.taskName(d, d.task), 63, ({ pipeline, tenant, task }) => [pipeline, tenant, task]],
  ["Secret", names.secretsName, 63, ({ pipeline, tenant }) => [pipeline, tenant]],
  ["template", (d) => names.templateName(d.task), 63, ({ task }) => [task]],
];

describe.each(kinds)("names of a %s", (_, of, max, identity) => {
  it("are RFC 1123 labels, and differ where what they name does", () => {
    fc.assert(
      fc.property(parts(), parts(), (one, other) => {
        expect(of(one)).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
        expect(of(one).length).toBeLessThanOrEqual(max);
        expect(of(one) === of(other), `${of(one)} and ${of(other)}`).toBe(
          JSON.stringify(identity(one)) === JSON.stringify(identity(other)),
        );
      }),
      { numRuns: 2000 },
    );
  });
});

it("a task's account is never the engine's", () => {
  fc.assert(
    fc.property(parts(), parts(), (one, other) => {
      expect(names.taskName(one, one.task)).not.toBe(names.ownName(other, "engine"));
    }),
    { numRuns: 2000 },
  );
});

it("a template's is no word of the language that it is a variable in", () => {
  for (const word of ["in", "matches", "not", "true"])
    expect(names.templateName(word)).toMatch(new RegExp(`^${word}-[0-9a-f]{8}$`));
});

it("are plain where nothing else could be named so", () => {
  const orders = { pipeline: "daily-orders" };
  expect(names.deploymentName(orders)).toBe("daily-orders");
  expect(names.taskName(orders, "load-all")).toBe("daily-orders--load-all");
  expect(names.deploymentName({ ...orders, tenant: "acme" })).toBe("acme---daily-orders");
  expect(names.secretsName(orders)).toBe("daily-orders-secrets");
  expect(names.taskName(orders, "clean_airports")).toMatch(/^daily-orders--clean-airports-[0-9a-f]{8}$/);
});

it("what is a label's value stays, what is none becomes one", () => {
  expect(names.labelValue("clean_airports")).toBe("clean_airports");
  fc.assert(
    fc.property(name(), name(), (one, other) => {
      expect(names.labelValue(one)).toMatch(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/);
      expect(names.labelValue(one) === names.labelValue(other)).toBe(one === other);
    }),
    { numRuns: 2000 },
  );
});
