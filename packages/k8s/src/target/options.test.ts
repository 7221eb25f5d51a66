import { expect, it } from "vitest";
import { checkOptions, type KubernetesTargetOptions } from "./options.ts";

const storage = { kind: "s3", bucket: "acme" } as const;
const role = "arn:aws:iam::123456789012:role/orders";

it.each([
  { storage },
  { storage, engine: "driver", params: { day: 1 } },
  {
    storage,
    engine: "argo",
    namespace: "orders",
    createNamespace: false,
    defaultImage: "node:24",
    user: 1000,
    scratch: 512,
  },
  {
    storage,
    envFrom: "s3-credentials",
    identity: { aws: role, tasks: { load: { gcp: "a@b.iam.gserviceaccount.com" } } },
  },
  {
    storage,
    egressPorts: [5432],
    pod: { nodeSelector: { pool: "batch" } },
    imagePullPolicy: "Never",
    transform: () => ({}),
  },
] as const)("%j is taken", (options) => {
  expect(checkOptions(options as KubernetesTargetOptions)).toBe(options);
});

it.each([
  [{}, "storage"],
  [{ storage: { kind: "memory" } }, "storage"],
  [{ storage: { kind: "localFs", basePath: "hunter2" } }, "storage"],
  [{ storage, engine: "hunter2" }, "engine"],
  [{ storage, params: { day: () => "hunter2" } }, "params"],
  [{ storage, params: { days: new Map([["hunter2", 1]]) } }, "params"],
  [{ storage, params: cyclic() }, "params"],
  [{ storage, namespace: "Hunter2" }, "namespace"],
  [{ storage, createNamespace: "yes" }, "createNamespace"],
  [{ storage, user: 0 }, "user"],
  [{ storage, user: 2 ** 31 }, "user"],
  [{ storage, scratch: -1 }, "scratch"],
  [{ storage, envFrom: "Hunter2" }, "envFrom"],
  [{ storage, identity: { aws: "hunter2" } }, "identity"],
  [{ storage, identity: { tasks: { load: { tasks: {} } } } }, "identity"],
  [{ storage, pendingTimeout: 0 }, "pendingTimeout"],
  [{ storage, pendingTimeout: 2_147_484 }, "pendingTimeout"],
  [{ storage, egressPorts: [0] }, "egressPorts"],
  [{ storage, pod: { containers: [] } }, "pod"],
  [{ storage, pod: { automountServiceAccountToken: true } }, "pod"],
  [{ storage, pod: { serviceAccount: "hunter2" } }, "pod"],
  [{ storage, pod: { hostPID: true } }, "pod"],
  [{ storage, pod: { ephemeralContainers: [] } }, "pod"],
  [{ storage, pod: { hostAliases: () => "hunter2" } }, "pod"],
  [{ storage, transform: {} }, "transform"],
  [{ storage, colour: "hunter2" }, "colour"],
])("%j is refused without its value in the message", (options, name) => {
  let message = "";
  try {
    checkOptions(options as never);
  } catch (error) {
    expect(error).toMatchObject({ code: "OPTION_INVALID", hint: expect.stringMatching(/\S/) });
    message = (error as Error).message;
  }
  expect(message).toContain(`"${name}"`);
  expect(message).not.toMatch(/hunter2/i);
});

it("params are what an environment variable has room for", () => {
  const options = (length: number, text = "x") => ({ storage, params: { text: text.repeat(length) } });
  const refusal = expect.objectContaining({ code: "OPTION_INVALID" });
  expect(() => checkOptions(options(60_000))).not.toThrow();
  expect(() => checkOptions(options(70_000))).toThrow(refusal);
  // As it stands there: six characters for a dollar sign, and for a Chinese one.
  expect(() => checkOptions(options(12_000, "$"))).toThrow(refusal);
  expect(() => checkOptions(options(12_000, "中"))).toThrow(refusal);
});

function cyclic(): object {
  const params: Record<string, unknown> = {};
  return Object.assign(params, { again: { params } });
}
