import type { GlacierError } from "@glacier/core";
import { expect, it } from "vitest";
import { KubernetesExecutor } from "./index.ts";

const storage = { kind: "s3", bucket: "orders" };

function thrown(options: object): GlacierError {
  try {
    new KubernetesExecutor({ storage, ...options });
  } catch (error) {
    return error as GlacierError;
  }
  throw new Error("it took the options");
}

it("keeps data in the storage, and state below .glacier in it", () => {
  const executor = new KubernetesExecutor({ storage: { kind: "s3", bucket: "orders", prefix: "raw/" } });
  expect(executor.defaultStorage).toEqual({ kind: "s3", bucket: "orders", prefix: "raw/" });
  expect(executor.state).toEqual({ kind: "s3", bucket: "orders", prefix: "raw/.glacier/" });
  expect(executor.supports).toEqual(["container"]);
});

it("takes every option, and loads no client for it", () => {
  const executor = new KubernetesExecutor({
    storage,
    kubeconfig: "/nowhere",
    context: "prod",
    namespace: "orders",
    defaultImage: "node:24",
    serviceAccount: "orders.tasks",
    envFrom: "s3-credentials",
    cpu: 0.5,
    memory: 512,
    scratch: 100,
    user: 1000,
    pendingTimeout: 60,
    imagePullPolicy: "Never",
    pod: { nodeSelector: { pool: "batch" } },
    concurrency: 4,
    env: { KEY: "k" },
  });
  expect(executor.concurrency).toBe(4);
});

it.each<[string, object, RegExp]>([
  ["no storage", { storage: undefined }, /told no storage/],
  ["storage of this machine", { storage: { kind: "localFs", basePath: "out" } }, /option "storage"/],
  ["storage in memory", { storage: { kind: "memory" } }, /option "storage"/],
  ["an illegal namespace", { namespace: "My_Space" }, /option "namespace"/],
  ["root", { user: 0 }, /option "user"/],
  ["a user that there can't be", { user: 2 ** 31 }, /option "user"/],
  ["containers of one's own", { pod: { containers: [] } }, /option "pod"/],
  ["root in a pod", { pod: { securityContext: { runAsUser: 0 } } }, /option "pod"/],
  ["a token in a pod", { pod: { automountServiceAccountToken: true } }, /option "pod"/],
  ["the node's processes", { pod: { hostPID: true } }, /option "pod"/],
  ["no time to start", { pendingTimeout: 0 }, /option "pendingTimeout"/],
  ["more time than a timer has", { pendingTimeout: 2_147_484 }, /option "pendingTimeout"/],
  ["a pull policy that there isn't", { imagePullPolicy: "Sometimes" }, /option "imagePullPolicy"/],
  ["an option that there isn't", { region: "eu-west-1" }, /no option "region"/],
])("refuses %s", (_, options, message) => {
  const error = thrown(options);
  expect(error).toMatchObject({ code: "OPTION_INVALID", message: expect.stringMatching(message) });
  expect(error.hint).not.toBe("");
});

it("says no value of an option that it refuses", () => {
  expect(JSON.stringify(thrown({ env: { KEY: 7, TOKEN: "hunter2" } }))).not.toContain("hunter2");
});
