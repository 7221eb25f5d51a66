import { compute, createRegistry, Dataset, secret, storage } from "@glacier/core";
import { describe, expect, it } from "vitest";
import { bucket, bucketProvider } from "../../test/bucket.ts";
import { targetWith } from "../../test/code.ts";
import { type Manifest, ofKind, readCode, readManifests } from "../../test/manifests.ts";
import { compiled, manifestsOf, pipelineOf, podsOf, taskOf } from "../../test/plans.ts";
import { podSecurityViolations } from "../../test/pod-security.ts";
import type { Transform } from "./options.ts";

const pipeline = () =>
  pipelineOf([taskOf("load"), taskOf("train", { compute: compute.container({ image: "acme/train:1", gpu: 1 }) })]);

describe("what a deployment may do", () => {
  it("is to report what became of a workflow's pods, and nothing else", async () => {
    const manifests = await manifestsOf(pipeline());
    expect(ofKind(manifests, "Role").flatMap(({ rules }) => rules)).toEqual([
      { apiGroups: ["argoproj.io"], resources: ["workflowtaskresults"], verbs: ["create", "patch"] },
    ]);
    expect(ofKind(manifests, "RoleBinding").flatMap(({ subjects }) => subjects)).toEqual([
      { kind: "ServiceAccount", name: "orders-engine", namespace: "orders" },
    ]);
    expect(ofKind(manifests, "ClusterRole")).toEqual([]);
  });

  it("is a cloud's matter, by a task's own account", async () => {
    const identity = {
      gcp: "shared@acme.iam.gserviceaccount.com",
      tasks: { train: { azure: "01234567-89ab-cdef-0123-456789abcdef" } },
    };
    const manifests = await manifestsOf(pipeline(), { identity });
    const annotations = ofKind(manifests, "ServiceAccount").map(({ metadata }) => [
      metadata.name,
      metadata.annotations,
    ]);
    const shared = { "iam.gke.io/gcp-service-account": identity.gcp };
    expect(Object.fromEntries(annotations)).toEqual({
      "orders-engine": shared,
      "orders--load": shared,
      "orders--train": { "azure.workload.identity/client-id": identity.tasks.train.azure },
    });
    const pods = podsOf(manifests);
    expect(pods["train"]?.template.metadata.labels).toMatchObject({ "azure.workload.identity/use": "true" });
    expect(pods["load"]?.template.metadata.labels).not.toHaveProperty("azure.workload.identity/use");
    expect(Object.values(pods).map(({ spec }) => spec.serviceAccountName)).toEqual([
      "orders-engine",
      "orders--load",
      "orders--train",
      "orders-engine",
    ]);
  });
});

it("a task's own identity is by its name alone", async () => {
  const shared = "shared@acme.iam.gserviceaccount.com";
  const manifests = await manifestsOf(pipelineOf([taskOf("constructor")]), { identity: { gcp: shared, tasks: {} } });
  const account = ofKind(manifests, "ServiceAccount").find(({ metadata }) => metadata.name === "orders--constructor");
  expect(account?.metadata.annotations).toEqual({ "iam.gke.io/gcp-service-account": shared });
});

describe("the namespace", () => {
  it("has room for every task at once, and enforces the restricted standard", async () => {
    const manifests = await manifestsOf(pipeline(), { tenant: "acme" });
    const [namespace] = ofKind(manifests, "Namespace");
    expect(namespace?.metadata).toMatchObject({
      name: "acme---orders",
      labels: { "pod-security.kubernetes.io/enforce": "restricted", "glacier.dev/tenant": "acme" },
    });
    // Two tasks of 1 vCPU and 2 GiB, a step of 0.5 and 0.5, and one container of Argo's of 0.1 and 0.25 beside each.
    expect(ofKind(manifests, "ResourceQuota")[0]?.["spec"].hard).toEqual({
      "limits.cpu": "2800m",
      "limits.memory": "5376Mi",
      pods: "3",
      "requests.cpu": "2800m",
      "requests.memory": "5376Mi",
      "requests.nvidia.com/gpu": "1",
    });
  });

  it("has room for what a driver starts, and for nothing that it doesn't", async () => {
    const manifests = await manifestsOf(pipeline(), { engine: "driver" });
    expect(ofKind(manifests, "ResourceQuota")[0]?.["spec"].hard).toMatchObject({
      "limits.cpu": "2500m",
      "limits.memory": "4608Mi",
      pods: "3",
    });
  });

  it("may be one that others share: then nothing that is theirs is touched", async () => {
    const manifests = await manifestsOf(pipeline(), { namespace: "shared", createNamespace: false });
    for (const kind of ["Namespace", "ResourceQuota", "LimitRange"]) expect(ofKind(manifests, kind)).toEqual([]);
    const own = { matchLabels: { "app.kubernetes.io/instance": "orders" } };
    expect(ofKind(manifests, "NetworkPolicy").map(({ spec }) => spec.podSelector)).toEqual([own, own, own]);
    expect(new Set(manifests.map(({ metadata }) => metadata.namespace))).toEqual(new Set(["shared"]));
  });

  it("lets nothing in, and out only what pods need", async () => {
    const [deny, egress, apiServer] = ofKind(await manifestsOf(pipeline(), { egressPorts: [5432] }), "NetworkPolicy");
    expect(deny?.["spec"]).toEqual({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
    // The storage of these tests is at http://store.acme.svc:9000.
    expect(egress?.["spec"].egress).toEqual([
      { ports: [53, 5353].flatMap((port) => ["UDP", "TCP"].map((protocol) => ({ protocol, port }))) },
      { ports: [443, 5432].map((port) => ({ protocol: "TCP", port })) },
      { to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "acme" } } }] },
    ]);
    expect(apiServer?.["spec"]).toEqual({
      ...egress?.["spec"],
      egress: [{ ports: [{ protocol: "TCP", port: 6443 }] }],
    });
  });

  it("lets out to a storage's port 80, but not to a metadata server's unless an option says so", async () => {
    const plain = { kind: "bucket", name: "acme", endpoint: "http://store.acme.example" };
    const rules = async (options: object) =>
      ofKind(await manifestsOf(pipeline(), { storage: plain, ...options }), "NetworkPolicy")[1]?.["spec"].egress;
    expect((await rules({})).slice(1)).toEqual([
      { ports: [{ protocol: "TCP", port: 443 }] },
      {
        to: [
          { ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.0.0/16"] } },
          { ipBlock: { cidr: "::/0", except: ["fd00:ec2::254/128", "fe80::/10"] } },
          { namespaceSelector: {} },
        ],
        ports: [{ protocol: "TCP", port: 80 }],
      },
    ]);
    const asked = await rules({ egressPorts: [80] });
    expect(asked.slice(1)).toEqual([{ ports: [80, 443].map((port) => ({ protocol: "TCP", port })) }]);
  });

  it("lets out to a storage elsewhere by its port, and to the API server only what asks it", async () => {
    const elsewhere = { kind: "bucket", name: "acme", endpoint: "http://store.acme.example:9000" };
    const manifests = await manifestsOf(pipeline(), { engine: "driver", storage: elsewhere });
    const [, egress, apiServer] = ofKind(manifests, "NetworkPolicy");
    expect(egress?.["spec"].egress[1]).toEqual({ ports: [443, 9000].map((port) => ({ protocol: "TCP", port })) });
    const [job] = ofKind(manifests, "Job");
    const { matchLabels } = apiServer?.["spec"].podSelector ?? {};
    expect(job?.["spec"].template.metadata.labels).toMatchObject(matchLabels);
    for (const { labels } of Object.values<Manifest>(JSON.parse(readCode(manifests, "driver")["pods.json"] ?? "")))
      expect(labels).not.toMatchObject(matchLabels);
  });
});

describe("what can't be deployed", () => {
  it.each([
    ["serverless", compute.serverless(), /needs serverless compute: Kubernetes has no functions/],
    ["local", compute.local(), /needs local compute/],
    ["half a GPU", compute.container({ image: "a", gpu: 0.5 }), /asks for 0.5 GPUs/],
    ["a variable of Glacier's", compute.container({ image: "a", env: { GLACIER_RUN: "x" } }), /sets GLACIER_RUN/],
    [
      "a variable of Argo's language",
      compute.container({ image: "a", env: { A: "{{x}}" } }),
      /variable A of task "load" has "\{\{" in it/,
    ],
    ["an image of Argo's language", compute.container({ image: "a:{{x}}" }), /image of task "load" has "\{\{" in it/],
    ["a variable that is none", compute.container({ image: "a", env: { "1=": "x" } }), /"1="/],
  ])("%s is an error with the fix", async (_, asked, message) => {
    const { diagnostics, forms } = await compiled(pipelineOf([taskOf("load", { compute: asked })]));
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    expect(errors).toMatchObject([{ error: { message: expect.stringMatching(message), context: { task: "load" } } }]);
    expect(errors[0]?.error.hint).toMatch(/\S/);
    await expect(forms.manifests()).rejects.toThrow(message);
  });

  it.each([
    ["the cluster's own namespace", { namespace: "kube-system" }, /namespace "kube-system" is the cluster's own/],
    ["a task's identity that no task has", { identity: { tasks: { nope: {} } } }, /about a task "nope"/],
    ["a field of Argo's language", { pod: { nodeSelector: { pool: "{{x}}" } } }, /option "pod" has "\{\{" in it/],
  ])("%s is an error", async (_, options, message) => {
    const { diagnostics } = await compiled(pipelineOf([taskOf("load")]), options);
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    expect(errors).toMatchObject([{ error: { code: "OPTION_INVALID", message: expect.stringMatching(message) } }]);
  });

  it("the host's network in a namespace of the deployment's own is a warning", async () => {
    const { diagnostics } = await compiled(pipelineOf([taskOf("load")]), { pod: { hostNetwork: true } });
    expect(diagnostics).toMatchObject([
      { severity: "warning", error: { message: expect.stringMatching(/host's network/) } },
    ]);
    const shared = { pod: { hostNetwork: true }, namespace: "default", createNamespace: false };
    expect((await compiled(pipelineOf([taskOf("load")]), shared)).diagnostics).toEqual([]);
  });

  it("storage on this machine's own servers is one", async () => {
    const own = storage.s3({ bucket: "b", endpoint: "http://127.0.0.1:9000" });
    const { diagnostics } = await compiled(pipelineOf([taskOf("load")]), { storage: own });
    expect(diagnostics.map(({ error }) => error.code)).toEqual(["STORAGE_UNREACHABLE", "STORAGE_UNREACHABLE"]);
  });

  it("code that no reasonable number of ConfigMaps holds is one", async () => {
    const chunk = () => Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))).toString("latin1");
    const noise = Array.from({ length: 160 }, chunk).join("");
    const code = async () => ({ files: { "index.mjs": noise }, warnings: [] });
    const target = targetWith(code, { storage: bucket });
    const { diagnostics } = await pipelineOf([taskOf("load")]).compile({
      target,
      registry: createRegistry([bucketProvider]),
    });
    const codes = diagnostics.map(({ severity, error }) => `${severity} ${error.code}`);
    expect(codes).toEqual(["error BUNDLE_FAILED"]);
  }, 60_000);
});

it("a task with secrets is told of where little memory is left beside what masks them", async () => {
  const tasks = [
    taskOf("small", { compute: compute.container({ image: "node:24", memory: 128 }), secrets: { key: secret("key") } }),
    taskOf("open", { compute: compute.container({ image: "node:24", memory: 128 }) }),
    taskOf("roomy", { compute: compute.container({ image: "node:24", memory: 256 }), secrets: { key: secret("key") } }),
  ];
  const { diagnostics } = await compiled(pipelineOf(tasks));
  const warnings = diagnostics.filter(({ severity }) => severity === "warning");
  expect(warnings.map(({ error }) => error.context.task)).toEqual(["small"]);
});

it("secrets are named for whoever has to make them, and no value is asked for here", async () => {
  const { diagnostics } = await compiled(pipelineOf([taskOf("load", { secrets: { key: secret("api-key") } })]));
  expect(diagnostics).toMatchObject([
    {
      severity: "info",
      error: {
        hint: expect.stringContaining(
          "kubectl create secret generic orders-secrets --namespace orders --from-literal=api-key=…",
        ),
      },
    },
  ]);
});

it.each(["argo", "driver"] as const)("%s: what is in variables stays as it is", async (engine) => {
  const task = taskOf("load", {
    compute: compute.container({ image: "a", env: { PRICE: "$(HOME) $$5", PLAIN: "a" } }),
  });
  const params = { note: "$(HOME) {{workflow.name}}" };
  const manifests = await manifestsOf(pipelineOf([task]), { engine, params });
  // Kubernetes: `$$` is `$`, and `$(HOME)` would be a reference.
  const text = JSON.stringify(manifests) + JSON.stringify(engine === "driver" ? readCode(manifests, "driver") : "");
  expect(text).toMatch(/\$\$\(HOME\) \$\$\$\$5/);
  const given = ofKind(manifests, engine === "driver" ? "Job" : "WorkflowTemplate")[0]?.["spec"];
  const value = (
    engine === "driver"
      ? given.template.spec.containers[0].env.find(({ name }: { name: string }) => name === "GLACIER_PARAMS")
      : given.arguments.parameters[0]
  ).value;
  expect(value).not.toMatch(/\$|\{\{/);
  expect(JSON.parse(value)).toEqual(params);
});

it.each(["argo", "driver"] as const)(
  "%s: nothing of a pod's log is in its status, which more people see",
  async (engine) => {
    const manifests = await manifestsOf(pipeline(), { engine });
    const driven = engine === "driver" ? readCode(manifests, "driver")["pods.json"] : "";
    const policies = [...`${JSON.stringify(manifests)}${driven}`.matchAll(/"terminationMessagePolicy":"(\w+)"/g)];
    expect(policies.filter(([, policy]) => policy !== "File")).toEqual([]);
  },
);

it("transform has the last word on each manifest", async () => {
  const transform: Transform = ({ metadata, ...rest }) => ({
    ...rest,
    metadata: { ...(metadata as object), annotations: { by: "us" } },
  });
  const manifests = await manifestsOf(pipeline(), { transform });
  expect(manifests.every(({ metadata }) => metadata.annotations?.["by"] === "us")).toBe(true);
  const broken = await compiled(pipeline(), { transform: () => undefined as never });
  await expect(broken.forms.manifests()).rejects.toMatchObject({ code: "OPTION_INVALID" });
  const cause = new TypeError("no such field");
  const throwing = await compiled(pipeline(), {
    transform: () => {
      throw cause;
    },
  });
  await expect(throwing.forms.manifests()).rejects.toMatchObject({
    code: "OPTION_INVALID",
    message: expect.stringMatching(/"transform" threw for \w+: no such field/),
    cause,
  });
});

it("fields of a pod that an option brings don't weaken it", async () => {
  const manifests = await manifestsOf(pipeline(), {
    pod: { nodeSelector: { pool: "batch" }, priorityClassName: "low" },
  });
  for (const { spec } of Object.values(podsOf(manifests))) {
    expect(spec).toMatchObject({ nodeSelector: { pool: "batch" }, priorityClassName: "low" });
    expect(podSecurityViolations(spec)).toEqual([]);
  }
});

it("the kustomization names every file, in an order in which they can be applied", async () => {
  const artifacts = await (await compiled(pipelineOf([taskOf("load")], { schedule: "0 3 * * *" }))).forms.manifests();
  const kinds = readManifests(artifacts).map(({ kind }) => kind);
  expect(Object.keys(artifacts)).toHaveLength(9);
  expect(kinds[0]).toBe("Namespace");
  expect(kinds.indexOf("ServiceAccount")).toBeLessThan(kinds.indexOf("Secret"));
});

it("texts stay texts for kubectl, which reads YAML 1.1", async () => {
  const texts = [
    "2026-01-01",
    "1_000",
    "0b11",
    "0o14",
    "017",
    "1:30",
    "1e3",
    ".5",
    "-1",
    "~",
    "on",
    "Yes",
    "n",
    "NULL",
    "",
  ];
  const env = Object.fromEntries(texts.map((text, i) => [`V${i}`, text]));
  const task = taskOf("load", { compute: compute.container({ image: "acme/load:1", env }) });
  const on = taskOf("on", { compute: compute.container({ image: "acme/load:1", env: { y: "no" } }) });
  const artifacts = await (await compiled(pipelineOf([task, on]))).forms.manifests();
  const lines = String(artifacts["workflow.yaml"]).split("\n");
  for (const text of texts) expect(lines.map((line) => line.trim())).toContain(`value: "${text}"`);
  for (const word of ["y", "on"]) expect(lines.map((line) => line.replace(/^[- ]*/, ""))).toContain(`name: "${word}"`);
});

it("a storage server in the namespace that nothing comes into is a warning", async () => {
  const storage = { ...bucket, endpoint: "http://store.orders.svc:9000" };
  const of = async (options: object) => (await compiled(pipeline(), options)).diagnostics;
  expect(await of({ storage })).toMatchObject([{ severity: "warning", error: { code: "STORAGE_UNREACHABLE" } }]);
  expect(await of({ storage, createNamespace: false })).toEqual([]);
  expect(await of({ storage: bucket })).toEqual([]);
});

it.each([
  [{ ...bucket, prefix: ".glacier" }, true],
  [{ ...bucket, prefix: "/.glacier/manifests/" }, true],
  [{ ...bucket, key: ".glacier/runs/x.json" }, true],
  [{ kind: "bucket", name: "acme", prefix: ".glacier" }, true],
  [{ ...bucket, name: "other", prefix: ".glacier" }, false],
  [{ ...bucket, prefix: "raw/.glacier" }, false],
  [{ ...bucket, prefix: ".glacier-raw" }, false],
])("a dataset among manifests and journals is an error: %j", async (storage, refused) => {
  const written = pipelineOf([taskOf("load", { output: new Dataset("out", { storage }) })]);
  const errors = (await compiled(written)).diagnostics.filter(({ severity }) => severity === "error");
  expect(errors.map(({ error }) => [error.code, error.context["dataset"]])).toEqual(
    refused ? [["OPTION_INVALID", "out"]] : [],
  );
});
