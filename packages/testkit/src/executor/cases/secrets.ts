import { expect } from "vitest";
import { of } from "../events.ts";
import {
  absentSecret,
  careless,
  entrusted,
  fingerprint,
  printing,
  secretCore,
  secretValue,
  unentrusted,
} from "../pipelines/secrets.ts";
import { expectSuccess, type Ran, type World, type WorldCases } from "../world.ts";

export type SecretCase =
  | "secrets reach the handler, and nobody else"
  | "secrets are masked in logs and errors"
  | "what a handler prints becomes log lines, with secrets masked"
  | "a secret that isn't there: SECRET_MISSING names it";

/** Secrets reach whom they are for, and show nowhere else. */
export const secrets: WorldCases<SecretCase> = {
  async "secrets reach the handler, and nobody else"(world) {
    const run = await world.run(entrusted);
    expectSuccess(run);
    expect(await world.json(entrusted, "proof")).toBe(await fingerprint(secretValue));
    await expectHidden(world, run);
    expect(JSON.stringify(await world.plan(entrusted))).not.toContain(secretCore);
  },

  async "secrets are masked in logs and errors"(world) {
    const run = await world.run(careless);
    expect(run.error?.issues).toMatchObject([
      { code: "TASK_FAILED", message: expect.stringContaining("no good: ***") },
    ]);
    expect(of(run.events, "tells").find(({ type }) => type === "log")).toMatchObject({
      message: "the key is ***",
      fields: { key: "***", deep: [{ key: "<***>" }] },
    });
    await expectHidden(world, run);
  },

  async "what a handler prints becomes log lines, with secrets masked"(world) {
    const run = await world.run(printing);
    expectSuccess(run);
    const lines = of(run.events, "prints").flatMap((event) =>
      event.type === "log" ? [`${event.level}: ${event.message}`] : [],
    );
    // Nobody can say how two streams lay in time.
    expect(lines.filter((line) => line.startsWith("info"))).toEqual(["info: to stdout", "info: the key is ***"]);
    expect(lines.filter((line) => line.startsWith("warn"))).toEqual(["warn: to stderr", "warn: the key is ***"]);
    await expectHidden(world, run);
  },

  async "a secret that isn't there: SECRET_MISSING names it"(world) {
    const { error, events } = await world.run(unentrusted);
    const issue = error?.issues[0] ?? error;
    expect(issue).toMatchObject({ code: "SECRET_MISSING", retryable: false, context: { task: "lacks" } });
    expect(issue?.message).toContain(absentSecret);
    expect(
      events.filter(({ type }) => type === "log"),
      "its handler never starts",
    ).toEqual([]);
  },
};

/** Not in an event, an error or its causes, the journal or a manifest. */
async function expectHidden(world: World, { events, error }: Ran): Promise<void> {
  expect(JSON.stringify(events), "events").not.toContain(secretCore);
  expect(everyWord(error), "the error").not.toContain(secretCore);
  expect(await world.state(), "journal and manifests").not.toContain(secretCore);
}

/** All that a deep look into a value shows: also what isn't enumerable, such as causes and stacks. */
function everyWord(value: unknown, seen: Set<unknown> = new Set()): string {
  if (typeof value !== "object" || value === null) return String(value);
  if (seen.has(value)) return "";
  seen.add(value);
  return Object.getOwnPropertyNames(value)
    .map((name) => `${name}: ${everyWord((value as Record<string, unknown>)[name], seen)}`)
    .join("\n");
}
