import * as sdk from "@aws-sdk/client-lambda";
import type { ExecutionContext, Registry, TaskInvocation } from "@glacier/core";
import { expect, it } from "vitest";
import { pipelineOf, planOf, taskOf } from "../../test/plans.ts";
import type { Clients } from "./clients.ts";
import { createDirect } from "./direct.ts";

it("runs of other pipelines and tenants that have the same id share nothing", async () => {
  const written: string[] = [];
  const state = { write: async (key: string) => void written.push(key), async *list() {} };
  const registry = { storage: () => state } as unknown as Registry;
  const send = async () => ({ StatusCode: 200, Payload: new TextEncoder().encode('{"task":"clean","attempt":1}') });
  const clients = { lambda: async () => ({ sdk, client: { send } }) } as unknown as Clients;
  const direct = createDirect(clients, () => Promise.reject(new Error("no containers here")));
  const invocation = { runId: "2026-11-25", task: "clean", attempt: 1, params: {}, selected: "all", sources: {} };
  const execute = (name: string, tenant?: string) => {
    const plan = planOf(pipelineOf([taskOf("clean")], {}, name), tenant === undefined ? {} : { tenant });
    const context = { plan, registry, signal: new AbortController().signal, emit: () => {} };
    return direct.execute(invocation as TaskInvocation, context as unknown as ExecutionContext);
  };
  await Promise.all([execute("orders"), execute("orders"), execute("stock"), execute("orders", "acme")]);
  expect(written.sort()).toEqual([
    "acme/pins/orders/2026-11-25.json",
    "pins/orders/2026-11-25.json",
    "pins/stock/2026-11-25.json",
  ]);
});
