import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import type { KubernetesService } from "../services/kubernetes.ts";
import { joinLogNode } from "./kubelet.ts";

/** Runs a namespace's pods as processes of this machine, in place of a node: what they print, and how to end one. */
export interface PodProcesses {
  /** By pods' names, in the order in which they started. */
  readonly pods: ReadonlyMap<string, { readonly role: string; output: string; readonly process: ChildProcess }>;
  /** Rejects with what kept the pods from being run. */
  until(what: () => Promise<boolean> | boolean): Promise<void>;
  stop(): Promise<void>;
}

interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly serviceAccountName: string;
    readonly automountServiceAccountToken: boolean;
    readonly containers: readonly [
      {
        readonly image: string;
        readonly command: readonly string[];
        readonly args: readonly string[];
        readonly env: readonly {
          readonly name: string;
          readonly value?: string;
          readonly valueFrom?: { fieldRef?: { fieldPath: string }; secretKeyRef?: { key: string } };
        }[];
      },
    ];
    readonly volumes: readonly {
      readonly name: string;
      readonly projected?: { sources: readonly { configMap?: { name: string } }[] };
    }[];
  };
}

/** Follows the namespace until `stop`. A pod with a token gets a kubeconfig with its account's, and so its account's rights. */
export function runPods(
  cluster: KubernetesService,
  namespace: string,
  secrets: Readonly<Record<string, string>>,
): PodProcesses {
  const folder = mkdtempSync(join(tmpdir(), "glacier-pods-"));
  const pods = new Map<string, { role: string; output: string; process: ChildProcess }>();
  let stopped = false;
  let failure: unknown;
  const joined = joinLogNode(cluster, `node-${namespace}`, folder, (name, follow) => {
    const pod = pods.get(name);
    if (pod === undefined) return undefined;
    const ended = pod.process.exitCode !== null || pod.process.signalCode !== null;
    if (!follow || ended) return Readable.from([pod.output]);
    const log = new PassThrough();
    log.write(pod.output);
    for (const stream of [pod.process.stdout, pod.process.stderr]) stream?.on("data", (chunk) => log.write(chunk));
    pod.process.once("close", () => log.end());
    return log;
  });
  const kubectl = async (...args: string[]) =>
    JSON.parse(await cluster.kubectl([...args, "-n", namespace, "-o", "json"]));
  const report = (name: string, phase: string, state: object, image: string) =>
    cluster
      .kubectl([
        "patch",
        "pod",
        name,
        "-n",
        namespace,
        "--subresource=status",
        "--type=merge",
        "-p",
        JSON.stringify({
          status: {
            phase,
            containerStatuses: [{ name: "main", image, imageID: "", ready: false, restartCount: 0, state }],
          },
        }),
      ])
      // It may be deleted meanwhile.
      .catch(() => {});

  async function start({ metadata: { name, uid, labels }, spec }: Pod): Promise<void> {
    const [{ command, args, env, image }] = spec.containers;
    const home = join(folder, name);
    mkdirSync(join(home, "glacier"), { recursive: true });
    for (const { configMap } of spec.volumes.flatMap(({ projected }) => projected?.sources ?? [])) {
      const { data = {}, binaryData = {} } = await kubectl("get", "configmap", configMap?.name ?? "");
      for (const [file, text] of Object.entries(data)) writeFileSync(join(home, "glacier", file), String(text));
      for (const [file, text] of Object.entries(binaryData))
        writeFileSync(join(home, "glacier", file), Buffer.from(String(text), "base64"));
    }
    const fields: Record<string, string> = { "metadata.namespace": namespace };
    for (const [label, value] of Object.entries(labels)) fields[`metadata.labels['${label}']`] = value;
    const own: Record<string, string> = { PATH: process.env["PATH"] ?? "" };
    for (const { name: key, value, valueFrom } of env)
      own[key] =
        value ?? fields[valueFrom?.fieldRef?.fieldPath ?? ""] ?? secrets[valueFrom?.secretKeyRef?.key ?? ""] ?? "";
    Object.assign(own, { TMPDIR: home, HOME: home });
    if (spec.automountServiceAccountToken) own["KUBECONFIG"] = await kubeconfigOf(spec.serviceAccountName, home);
    await (await joined).bind(namespace, name);
    const [, ...flags] = command.map((part) => part.replace(/^\/glacier\//, `${home}/glacier/`));
    const child = spawn(process.execPath, [...flags, ...args], { env: own, stdio: ["ignore", "pipe", "pipe"] });
    const pod = { role: args[0] ?? "", output: "", process: child };
    pods.set(name, pod);
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        pod.output += chunk.toString();
      });
    const running = report(name, "Running", { running: { startedAt: new Date().toISOString() } }, image);
    child.once("close", async (code, signal) => {
      await running;
      const exitCode = code ?? (signal === "SIGKILL" ? 137 : 143);
      const terminated = { exitCode, reason: exitCode === 0 ? "Completed" : "Error", containerID: `process://${uid}` };
      await report(name, exitCode === 0 ? "Succeeded" : "Failed", { terminated }, image);
    });
  }

  async function kubeconfigOf(account: string, home: string): Promise<string> {
    const { items } = await kubectl("get", "secrets");
    const secret = items.find(
      (one: { type: string; metadata: { annotations?: Record<string, string> }; data?: { token?: string } }) =>
        one.type === "kubernetes.io/service-account-token" &&
        one.metadata.annotations?.["kubernetes.io/service-account.name"] === account,
    );
    const config = JSON.parse(await cluster.kubectl(["config", "view", "--raw", "-o", "json"]));
    config.users = [{ name: "admin", user: { token: Buffer.from(secret.data.token, "base64").toString() } }];
    const path = join(home, "kubeconfig");
    writeFileSync(path, JSON.stringify(config));
    return path;
  }

  const following = (async () => {
    const seen = new Set<string>();
    while (!stopped) {
      const { items } = (await kubectl("get", "pods")) as { items: Pod[] };
      for (const [name, { process: child }] of pods)
        if (child.exitCode === null && !items.some(({ metadata }) => metadata.name === name)) child.kill("SIGKILL");
      for (const pod of items) {
        if (seen.has(pod.metadata.uid)) continue;
        seen.add(pod.metadata.uid);
        await start(pod);
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  })().catch((error: unknown) => {
    failure = error;
  });

  return {
    pods,
    async until(what) {
      while (!(await what())) {
        if (failure !== undefined) throw failure;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    },
    async stop() {
      stopped = true;
      await following;
      for (const { process: child } of pods.values()) child.kill("SIGKILL");
      await (await joined).stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
