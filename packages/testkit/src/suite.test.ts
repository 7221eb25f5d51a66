import { expect, type RunnerTask, test } from "vitest";
import type {
  ExecutorSuiteOptions,
  RowsFormatOptions,
  StorageSuiteOptions,
  TargetSuiteOptions,
  ValueFormatOptions,
} from "./index.ts";
import { registerSuite } from "./suite.ts";

const ran: string[] = [];
const cases = { first: async () => void ran.push("first"), second: async () => void ran.push("second") };
registerSuite("a suite with a skip", cases, { skip: { second: "It can't hold here." } });

test("a case that is skipped doesn't run, and its reason is there for reports", ({ task }) => {
  expect(ran).toEqual(["first"]);
  const suite = task.file.tasks.find(({ name }) => name === "a suite with a skip");
  const tasks: readonly RunnerTask[] = suite?.type === "suite" ? suite.tasks : [];
  expect(tasks.map(({ name, mode, meta }) => [name, mode, meta.glacierSkip])).toEqual([
    ["first", "run", undefined],
    ["second", "skip", "It can't hold here."],
  ]);
});

test.each(["", " \n"])("a skip needs a reason: not %j", (reason) => {
  expect(() => registerSuite("x", cases, { skip: { first: reason } })).toThrow('x: the skip of "first" needs a reason');
});

test("a skip of a case that isn't there throws where types were not checked", () => {
  expect(() => registerSuite("x", cases, { skip: { third: "why" } as never })).toThrow(
    'x: there is no case "third" to skip',
  );
});

test("a misspelt skip is a type error", () => {
  // @ts-expect-error "an object of no bytes"
  ({ "an object of no byte": "why" }) satisfies StorageSuiteOptions["skip"];
  // @ts-expect-error "retries have an end"
  ({ "retries have no end": "why" }) satisfies ExecutorSuiteOptions["skip"];
  // @ts-expect-error "300 tasks compile"
  ({ "300 task compile": "why" }) satisfies TargetSuiteOptions["skip"];
  // @ts-expect-error "gives back no rows"
  ({ "gives back no row": "why" }) satisfies RowsFormatOptions["skip"];
  // @ts-expect-error a case of rows
  ({ "reads in bounded memory": "why" }) satisfies ValueFormatOptions["skip"];
});
