import { afterEach, describe, expect, it } from "vitest";
import { type ExecutorCase, executorCases, testExecutor } from "./test-executor.ts";
import { inProcess, notInProcess } from "./testing/in-process.ts";
import { mutants } from "./testing/mutants.ts";

testExecutor("a small executor that does what it should", { create: inProcess, skip: notInProcess });

describe("an executor that", () => {
  const defects = Object.entries(mutants).flatMap(([defect, { create, seenBy }]) =>
    seenBy.map((name) => ({ defect, name, run: executorCases({ create })[name] })),
  );
  // It looks at all that this process does, so nothing else may go on beside it.
  const alone = (name: ExecutorCase) => name === "nothing is left running after a run";

  it.concurrent.each(defects.filter(({ name }) => !alone(name)))("$defect fails: $name", failing, 60_000);
  it.each(defects.filter(({ name }) => alone(name)))("$defect fails: $name", failing, 60_000);

  async function failing({ run }: { readonly run: () => Promise<void> }): Promise<void> {
    expect(await fails(run)).toBe(true);
  }
});

describe("an executor in this process fails, where it is no skip with a reason:", () => {
  const folder = process.cwd();
  const names = new Set(Object.keys(process.env));
  afterEach(() => {
    process.chdir(folder);
    for (const name of Object.keys(process.env)) if (!names.has(name)) delete process.env[name];
  });

  it.each((Object.keys(notInProcess) as ExecutorCase[]).filter((name) => !/blocks its thread|prints/.test(name)))(
    "%s",
    async (name) => {
      expect(await fails(executorCases({ create: inProcess })[name])).toBe(true);
    },
  );
});

/** A case that never ends fails too: at vitest's timeout. */
async function fails(run: () => Promise<void>): Promise<boolean> {
  let givingUp: NodeJS.Timeout | undefined;
  const hangs = new Promise<boolean>((resolve) => {
    givingUp = setTimeout(() => resolve(true), 10_000);
  });
  const ends = run().then(
    () => false,
    () => true,
  );
  return Promise.race([ends, hangs]).finally(() => clearTimeout(givingUp));
}
