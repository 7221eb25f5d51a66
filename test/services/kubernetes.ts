import { execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findProgram, freePort, untilReady } from "./program.ts";

/** A Kubernetes control plane: API server, controllers and scheduler, without a node: pods stay pending. */
export interface KubernetesService {
  /** Path of a kubeconfig, for an administrator. */
  readonly kubeconfig: string;
  /** Runs kubectl; `input` goes to its stdin. Rejects with what it says where it fails. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  stop(): Promise<void>;
}

/** What kubectl said when it failed. */
export interface KubectlError extends Error {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

const programs = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"] as const;

/** What later versions have by default: Jobs that are removed some time after their end. */
const gates = "--feature-gates=TTLAfterFinished=true";

/** Where kubernetes/build.sh puts what it builds: outside of the checkout, for the next clean clone. */
export function kubernetesBinaries(): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "glacier/kubernetes-1.20");
}

/** Why a suite that needs a cluster is skipped. Says so once; in CI that is a failure. */
export function kubernetesMissing(): string | undefined {
  const missing = programs.some((name) => !existsSync(join(kubernetesBinaries(), name)))
    ? `there is no Kubernetes: test/services/kubernetes/build.sh ${kubernetesBinaries()}`
    : findProgram("etcd") === undefined
      ? "etcd is not installed: apt-get install etcd-server"
      : findProgram("kubectl") === undefined
        ? "kubectl is not installed: apt-get install kubernetes-client"
        : undefined;
  if (missing === undefined) return undefined;
  if (process.env["CI"] === "true") throw new Error(missing);
  console.warn(`Kubernetes tests are skipped: ${missing}`);
  return missing;
}

/** Starts a control plane of the tests' own on free loopback ports; it answers to one token, and to no certificate. */
export async function startKubernetes(): Promise<KubernetesService> {
  const folder = mkdtempSync(join(tmpdir(), "glacier-kubernetes-"));
  const [etcdPort, peerPort, port] = [await freePort(), await freePort(), await freePort()];
  const [controllersPort, schedulerPort] = [await freePort(), await freePort()];
  const processes: { readonly pid: number; readonly exited: Promise<void> }[] = [];
  const file = (name: string): string => join(folder, name);
  const start = (program: string, args: readonly string[]): void => {
    const log = openSync(file(`${program.split("/").at(-1)}.log`), "a");
    const child = spawn(program, args, { cwd: folder, stdio: ["ignore", log, log] });
    const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    processes.push({ pid: child.pid as number, exited });
  };
  const kubectl: KubernetesService["kubectl"] = async (args, input) => {
    const run = promisify(execFile)("kubectl", ["--kubeconfig", file("kubeconfig"), ...args], {
      maxBuffer: 64 * 2 ** 20,
      env: { ...process.env, HOME: folder },
    });
    // Where kubectl ends before it has read all, its own words say why.
    run.child.stdin?.on("error", () => {}).end(input ?? "");
    return (await run).stdout;
  };
  const service: KubernetesService = {
    kubeconfig: file("kubeconfig"),
    kubectl,
    async stop() {
      // The clients of etcd before etcd itself: without it they wait.
      for (const { pid, exited } of processes.reverse()) {
        try {
          process.kill(pid, "SIGKILL");
        } catch {
          // it is gone already
        }
        await exited;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await promisify(execFile)("openssl", ["genrsa", "-out", file("sa.key"), "2048"]);
    await promisify(execFile)("openssl", ["rsa", "-in", file("sa.key"), "-pubout", "-out", file("sa.pub")]);
    writeFileSync(file("tokens.csv"), 'admin-token,admin,admin-uid,"system:masters"\n');
    writeFileSync(file("kubeconfig"), kubeconfig(port));
    const etcd = (at: number): string => `http://127.0.0.1:${at}`;
    start(findProgram("etcd") as string, [
      `--data-dir=${file("etcd")}`,
      `--listen-client-urls=${etcd(etcdPort)}`,
      `--advertise-client-urls=${etcd(etcdPort)}`,
      `--listen-peer-urls=${etcd(peerPort)}`,
      `--initial-advertise-peer-urls=${etcd(peerPort)}`,
      `--initial-cluster=default=${etcd(peerPort)}`,
      "--unsafe-no-fsync",
    ]);
    start(join(kubernetesBinaries(), "kube-apiserver"), [
      `--etcd-servers=${etcd(etcdPort)}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${port}`,
      `--cert-dir=${file("certs")}`,
      `--token-auth-file=${file("tokens.csv")}`,
      "--authorization-mode=Node,RBAC",
      `--service-account-key-file=${file("sa.pub")}`,
      `--service-account-signing-key-file=${file("sa.key")}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      "--service-cluster-ip-range=10.0.0.0/24",
      "--allow-privileged=true",
      "--kubelet-preferred-address-types=Hostname",
      gates,
    ]);
    await untilReady(() => kubectl(["get", "--raw", "/readyz"]));
    const common = [
      gates,
      `--kubeconfig=${file("kubeconfig")}`,
      "--bind-address=127.0.0.1",
      "--leader-elect=false",
      "--port=0",
    ];
    start(join(kubernetesBinaries(), "kube-controller-manager"), [
      ...common,
      `--secure-port=${controllersPort}`,
      `--service-account-private-key-file=${file("sa.key")}`,
      "--use-service-account-credentials=false",
      // What pods know the server by: its certificate comes with that of its authority.
      `--root-ca-file=${file("certs/apiserver.crt")}`,
      `--cert-dir=${file("certs")}`,
    ]);
    start(join(kubernetesBinaries(), "kube-scheduler"), [...common, `--secure-port=${schedulerPort}`]);
    await untilReady(() => kubectl(["get", "serviceaccount", "default"]));
  } catch (error) {
    await service.stop();
    throw error;
  }
  return service;
}

function kubeconfig(port: number): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server: `https://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } }],
    users: [{ name: "admin", user: { token: "admin-token" } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "admin" } }],
    "current-context": "test",
  });
}
