import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as names from "./names.ts";

const name = () =>
  fc.oneof(
    fc.stringMatching(/^[a-z][a-z0-9_-]{0,62}$/),
    fc.constantFrom(
      "a",
      "b",
      "a-b",
      "a_b",
      "a--b",
      "a-",
      "run",
      "z".repeat(63),
      `${"z".repeat(62)}1`,
      "sthree",
      "amzn-s3-demo",
    ),
  );
const parts = () => fc.record({ pipeline: name(), tenant: fc.option(name(), { nil: undefined }), task: name() });

/** What each kind of name is made of, and what is legal there. */
const kinds: readonly [
  kind: string,
  of: (given: { pipeline: string; tenant: string | undefined; task: string }) => string,
  legal: RegExp,
][] = [
  ["function", (d) => names.functionName(d, d.task), /^[\w-]{1,64}$/],
  ["role", (d) => names.roleName(d, "ap-southeast-2", { task: d.task }), /^[\w+=,.@-]{1,64}$/],
  ["task family", (d) => names.taskFamily(d, d.task), /^[\w-]{1,255}$/],
  ["state machine", (d) => names.stateMachineName(d), /^[\w-]{1,80}$/],
  ["schedule", (d) => names.scheduleName(d, 2), /^[\w.-]{1,64}$/],
  ["queue", (d) => names.queueName(d), /^[\w-]{1,80}$/],
  ["alarm", (d) => names.alarmName(d), /^[\w-]{1,255}$/],
  ["rule", (d) => names.ruleName(d), /^[\w.-]{1,64}$/],
  ["repository", (d) => names.repositoryName(d), /^(?=.{1,256}$)[a-z0-9]+([._-][a-z0-9]+)*$/],
  [
    "bucket",
    (d) => names.bucketName(d, "ap-southeast-2", "123456789012"),
    /^(?!.*--|sthree-|amzn-s3-demo-)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
  ],
];

describe.each(kinds)("names of a %s", (kind, of, legal) => {
  it("are legal, and differ where what they name does", () => {
    fc.assert(
      fc.property(parts(), parts(), (one, other) => {
        expect(of(one)).toMatch(legal);
        const id = ({ pipeline, tenant, task }: typeof one) =>
          JSON.stringify([pipeline, tenant, ["function", "role", "task family"].includes(kind) && task]);
        expect(of(one) === of(other), `${of(one)} of ${id(one)} and ${id(other)}`).toBe(id(one) === id(other));
      }),
      { numRuns: 2000 },
    );
  });
});

it("are plain where nothing else could be named so", () => {
  const flights = { pipeline: "flights" };
  expect(names.functionName(flights, "clean_airports")).toBe("flights-clean_airports");
  expect(names.functionName(flights)).toBe("flights--run");
  expect(names.functionName({ pipeline: "flights", tenant: "acme" }, "load")).toBe("acme-flights-load");
  expect(names.functionName({ pipeline: "daily-orders" }, "load")).toMatch(/^daily-orders-load-[0-9a-f]{8}$/);
  expect(names.bucketName(flights, "us-east-1", "123456789012")).toBe("flights-123456789012-us-east-1");
  expect(names.defaultSecretsPrefix({ pipeline: "flights", tenant: "acme" })).toBe("acme/flights/");
});
