import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { compute, type Pipeline, secret } from "@glacier/core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { KubernetesTargetOptions } from "../../packages/k8s/src/target/options.ts";
import { bucket } from "../../packages/k8s/test/bucket.ts";
import { type Manifest, ofKind, readCode, readManifests } from "../../packages/k8s/test/manifests.ts";
import { compiled, pipelineOf, podsOf, taskOf, tasksOf } from "../../packages/k8s/test/plans.ts";
import {
  type KubectlError,
  type KubernetesService,
  kubernetesMissing,
  startKubernetes,
} from "../services/kubernetes.ts";
import { untilReady } from "../services/program.ts";
import { forOldServer } from "./old-server.ts";

const missing = kubernetesMissing();

/** What is compiled: of each feature one with and one without. */
const cases: readonly [
  title: string,
  pipeline: Pipeline,
  options: Partial<KubernetesTargetOptions> & { tenant?: string },
][] = [
  ["a plain pipeline", pipelineOf(tasksOf([[], [0], [0, 1]]), {}, "plain"), {}],
  [
    "everything",
    pipelineOf(
      [
        taskOf("load_all", { secrets: { key: secret("api-key") }, timeout: 60, retries: { max: 3, delay: 2 } }),
        taskOf("train", {
          compute: compute.container({ image: "acme/train:1", cpu: 1.5, memory: 3072, gpu: 1, env: { LEVEL: "high" } }),
        }),
      ],
      { schedule: { cron: "30 2 * * 1", timeZone: "Europe/Berlin" } },
      "everything-there-is",
    ),
    {
      tenant: "acme",
      envFrom: "s3-credentials",
      egressPorts: [5432],
      pendingTimeout: 900,
      identity: {
        aws: "arn:aws:iam::123456789012:role/orders",
        tasks: { train: { gcp: "a@b.iam.gserviceaccount.com" } },
      },
      imagePullPolicy: "IfNotPresent",
      pod: { nodeSelector: { pool: "batch" }, tolerations: [{ key: "batch", operator: "Exists" }] },
    },
  ],
  [
    "a driver (without its failure policy, which this server doesn't know)",
    pipelineOf(
      [taskOf("load_all", { secrets: { key: secret("api-key") }, timeout: 60 }), taskOf("train")],
      {},
      "driven",
    ),
    { engine: "driver", envFrom: "s3-credentials", storage: { ...bucket, endpoint: "http://store.acme.example" } },
  ],
];

/** What Argo's own containers write; nothing of it is emitted. */
const taskResults = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "workflowtaskresults.argoproj.io" },
  spec: {
    group: "argoproj.io",
    scope: "Namespaced",
    names: { kind: "WorkflowTaskResult", plural: "workflowtaskresults" },
    versions: [{ name: "v1alpha1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
  },
};

describe.skipIf(missing !== undefined)("on a real API server", { timeout: 300_000 }, () => {
  let cluster: KubernetesService;

  beforeAll(async () => {
    cluster = await startKubernetes();
    for (const name of ["workflowtemplates", "cronworkflows"]) {
      const definition = gunzipSync(readFileSync(new URL(`argo/${name}.json.gz`, import.meta.url))).toString();
      // This server reads an empty default as null, and leaves out what it doesn't know of newer definitions.
      const crd = JSON.parse(definition, (_, value) =>
        value?.default === "" ? { ...value, default: undefined } : value,
      );
      await cluster.kubectl(["create", "--validate=false", "-f", "-"], JSON.stringify(crd));
      await untilReady(() => cluster.kubectl(["get", crd.spec.names.plural]));
    }
    // kubectl asks for rights by what the server knows.
    await cluster.kubectl(["create", "-f", "-"], JSON.stringify(taskResults));
    await untilReady(() => cluster.kubectl(["get", taskResults.spec.names.plural]));
  }, 120_000);
  afterAll(() => cluster?.stop());

  describe.each(cases)("%s", (_, pipeline, options) => {
    let folder: string;
    let manifests: readonly Manifest[];
    const apply = () => cluster.kubectl(["apply", "--server-side", "-k", folder]);

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "glacier-manifests-"));
      const transform = (manifest: object) => forOldServer(manifest as Manifest) as never;
      const compilation = await compiled(pipeline, { ...options, transform });
      await compilation.toManifests(folder);
      manifests = readManifests(await compilation.forms.manifests());
      await apply();
    }, 120_000);
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    test("every manifest is accepted, and there as it was emitted", async () => {
      for (const manifest of manifests) {
        const { kind, metadata, status: _, ...rest } = manifest;
        const { apiVersion: __, ...told } = JSON.parse(await get(manifest)) as Manifest;
        expect(told, `${kind} ${metadata.name}`).toMatchObject(asKept(rest));
      }
    });

    test("applied again, nothing changes", async () => {
      // The server's controllers add to some on their own: what counts is what was applied.
      const stable = (all: readonly Manifest[]) =>
        all.filter(({ kind }) => !["Namespace", "ResourceQuota", "ServiceAccount", "Secret", "Job"].includes(kind));
      const versions = () =>
        Promise.all(stable(manifests).map(async (one) => JSON.parse(await get(one)).metadata.resourceVersion));
      const before = await versions();
      await apply();
      expect(await versions()).toEqual(before);
      expect(await cluster.kubectl(["diff", "--server-side", "-k", folder])).toBe("");
    });

    test("a field that there isn't is refused in each of them", async () => {
      for (const manifest of manifests) {
        const place = "spec" in manifest ? "spec" : "metadata";
        const wrong = { ...manifest, [place]: { ...manifest[place], glacierUnknown: 1 } };
        await expect(
          cluster.kubectl(["apply", "--dry-run=server", "--validate=strict", "-f", "-"], JSON.stringify(wrong)),
          `${manifest.kind} ${manifest.metadata.name}`,
        ).rejects.toMatchObject({ stderr: expect.stringContaining("glacierUnknown") });
      }
    });

    if (options.engine !== "driver")
      test("a field that Argo doesn't have is refused deep in a template, too", async () => {
        const [workflow] = ofKind(manifests, "WorkflowTemplate");
        const text = JSON.stringify(workflow).replace('"retryPolicy":', '"retryPolicies":');
        await expect(
          cluster.kubectl(["apply", "--dry-run=server", "--validate=strict", "-f", "-"], text),
        ).rejects.toMatchObject({ stderr: expect.stringContaining("retryPolicies") });
      });

    test("its pods are legal, and have room in the namespace's quota all at once, with none to spare", async () => {
      const namespace = manifests[0]?.metadata.name as string;
      const create = (name: string, spec: Manifest["spec"]) => {
        const metadata = { name: name.replaceAll("_", "-"), namespace };
        const pod = { apiVersion: "v1", kind: "Pod", metadata, spec: { ...spec, restartPolicy: "Never" } };
        return cluster.kubectl(["create", "--validate=strict", "-f", "-"], JSON.stringify(pod));
      };
      const pods = options.engine === "driver" ? driverPodsOf(manifests) : podsOf(manifests);
      // What begins a run is over before what ends it; the driver's own is there already.
      const { "run--finish": _, driver, ...together } = pods;
      if (driver !== undefined) {
        const driverPods = ["get", "pods", "-n", namespace, "-l", "job-name", "-o", "name"];
        await expect.poll(() => cluster.kubectl(driverPods), { timeout: 60_000 }).not.toBe("");
      }
      for (const [task, { spec }] of Object.entries(together)) await create(task, spec);
      const [one] = Object.values(together);
      await expect(create("one-more", one?.spec)).rejects.toMatchObject({ stderr: expect.stringContaining("quota") });
    });

    test("no account may do more than it must", async () => {
      const namespace = manifests[0]?.metadata.name as string;
      const accounts = ofKind(manifests, "ServiceAccount").map(({ metadata }) => metadata.name);
      const may = async (account: string, verb: string, what: string, where = namespace): Promise<boolean> => {
        const as = `system:serviceaccount:${namespace}:${account}`;
        // kubectl takes "pods/log" for a pod of that name.
        const [resource = "", subresource = ""] = what.split("/");
        const asked = [
          "auth",
          "can-i",
          verb,
          resource,
          `--subresource=${subresource}`,
          "--namespace",
          where,
          "--as",
          as,
        ];
        try {
          return (await cluster.kubectl(asked)).trim() === "yes";
        } catch (error) {
          if ((error as KubectlError).stdout.trim() === "no") return false;
          throw error;
        }
      };
      const results = "workflowtaskresults.argoproj.io";
      const jobs = ["create", "delete", "get", "list", "watch"].map((verb) => [verb, "jobs.batch"]);
      const seeing = ["list", "watch"].flatMap((verb) => [
        [verb, "pods"],
        [verb, "events"],
      ]);
      const isDriver = options.engine === "driver";
      const allowed = isDriver
        ? [...jobs, ...seeing, ["get", "pods/log"]]
        : [
            ["create", results],
            ["patch", results],
          ];
      const forbidden = [
        ["delete", results],
        ["get", "secrets"],
        ["list", "secrets"],
        ["create", "pods"],
        ["get", "pods"],
        ["delete", "pods"],
        ["create", "pods/exec"],
        ["patch", "jobs.batch"],
        ["create", "secrets"],
        ["create", "configmaps"],
        ["patch", "configmaps"],
        ["create", "serviceaccounts/token"],
        ["create", "workflowtemplates.argoproj.io"],
        ["impersonate", "serviceaccounts"],
        ["*", "*"],
        ...(isDriver ? [["create", results]] : [...jobs, ...seeing, ["get", "pods/log"]]),
      ];
      for (const account of accounts) {
        const engine = account.endsWith("-engine") && !account.includes("--engine");
        for (const [verb = "", what = ""] of allowed)
          expect(await may(account, verb, what), `${account} may ${verb} ${what}`).toBe(engine);
        for (const [verb = "", what = ""] of forbidden)
          expect(await may(account, verb, what), `${account} may ${verb} ${what}`).toBe(false);
        for (const [verb = "", what = ""] of allowed)
          expect(await may(account, verb, what, "default"), `${account} elsewhere`).toBe(false);
      }
    });

    async function get({ kind, apiVersion, metadata: { name, namespace } }: Manifest): Promise<string> {
      const group = apiVersion.includes("/") ? `.${apiVersion.split("/")[1]}.${apiVersion.split("/")[0]}` : "";
      return cluster.kubectl([
        "get",
        `${kind}${group}`,
        name,
        ...(namespace === undefined ? [] : ["-n", namespace]),
        "-o",
        "json",
      ]);
    }
  });

  test("what is written is what a folder of files says, and no more", async () => {
    const folder = mkdtempSync(join(tmpdir(), "glacier-manifests-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    await (await compiled(pipelineOf([taskOf("load")]))).toManifests(folder);
    const said = await cluster.kubectl(["kustomize", folder]);
    expect(said.match(/^kind: /gm)).toHaveLength(readManifests(readAll(folder)).length);
  });
});

function readAll(folder: string): Record<string, string> {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

/** The driver's pod, and those that it starts. */
function driverPodsOf(manifests: readonly Manifest[]): Record<string, { spec: Manifest["spec"] }> {
  const driver = ofKind(manifests, "Job")[0]?.["spec"].template;
  return { driver, ...JSON.parse(readCode(manifests, "driver")["pods.json"] ?? "") };
}

/** This server keeps no `ttlSecondsAfterFinished`: that was an alpha feature. */
function asKept({ apiVersion: _, ...rest }: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(rest, (key, value) => (key === "ttlSecondsAfterFinished" ? undefined : value)));
}
