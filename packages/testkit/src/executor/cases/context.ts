import { expect } from "vitest";
import { of } from "../events.ts";
import {
  awkwardMessages,
  knowing,
  logCount,
  logging,
  orders,
  parameterised,
  reading,
  someFields,
  tenanted,
} from "../pipelines/context.ts";
import { expectSuccess, type WorldCases } from "../world.ts";

export type ContextCase =
  | "params reach a handler as its schema makes them"
  | "a handler knows its run, task, attempt and tenant"
  | "tenants see nothing of each other"
  | "logs arrive with level and fields, in order"
  | "a row that doesn't fit: DATA_INVALID names dataset and row"
  | "a source that isn't there: DATASET_MISSING before anything starts";

/** What a handler is told, and what it tells. */
export const context: WorldCases<ContextCase> = {
  async "params reach a handler as its schema makes them"(world) {
    const params = { day: "2024-02-29T00:00:00.000Z", limit: "12" };
    expectSuccess(await world.run(parameterised, { params }));
    expect(await world.json(parameterised, "typed")).toEqual({ day: Date.UTC(2024, 1, 29), limit: 12 });
    expect(await world.json(parameterised, "raw")).toEqual(params);
  },

  async "a handler knows its run, task, attempt and tenant"(world) {
    const known = { task: "look", attempt: 1, signal: true };
    for (const [runId, tenant] of [
      ["run-1", undefined],
      ["run-2", "acme"],
    ] as const) {
      expectSuccess(await world.run(knowing, { runId, tenant }));
      expect(await world.json(knowing, "seen", tenant)).toEqual({ ...known, runId, tenant: tenant ?? null });
    }
  },

  async "tenants see nothing of each other"(world) {
    for (const tenant of ["red", "blue"]) expectSuccess(await world.run(tenanted, { tenant, params: { for: tenant } }));
    for (const tenant of ["red", "blue"]) {
      expect(await world.json(tenanted, "taken", tenant)).toEqual({ params: { for: tenant }, tenant });
      expect(await world.manifest(tenanted, "taken", tenant)).toMatchObject({ tenant });
    }
    expect(await world.bytes(tenanted, "taken"), "a run without a tenant").toBeUndefined();
    expect(await world.manifest(tenanted, "taken")).toBeUndefined();
  },

  async "logs arrive with level and fields, in order"(world) {
    const run = await world.run(logging);
    expectSuccess(run);
    const logs = (task: string) => of(run.events, task).filter((event) => event.type === "log");
    expect(logs("levels").map(({ level, message, fields }) => ({ level, message, fields }))).toEqual(
      ["debug", "info", "warn", "error"].map((level) => ({ level, message: `at ${level}`, fields: someFields })),
    );
    expect(logs("awkward").map(({ message }) => message)).toEqual(awkwardMessages);
    expect(logs("many").map(({ message }) => message)).toEqual(Array.from({ length: logCount }, (_, n) => `line ${n}`));
  },

  async "a row that doesn't fit: DATA_INVALID names dataset and row"(world) {
    await world.put(reading, orders.name, '{"id":1}\n{"id":2}\n{"id":"three"}\n');
    const { error } = await world.run(reading);
    expect(error?.issues).toMatchObject([
      { code: "DATA_INVALID", retryable: false, context: { task: "read", dataset: orders.name, row: 3 } },
    ]);
    expect(error?.message).not.toContain("three");
    expect(await world.bytes(reading, "count")).toBeUndefined();
  },

  async "a source that isn't there: DATASET_MISSING before anything starts"(world) {
    const { error, events } = await world.run(reading);
    expect(error).toMatchObject({ code: "DATASET_MISSING", context: { dataset: orders.name } });
    expect(events).toEqual([]);
  },
};
