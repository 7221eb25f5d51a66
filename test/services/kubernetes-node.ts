import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DockerService, dockerMissing, startDocker } from "./docker.ts";
import { type KubernetesService, kubernetesBinaries } from "./kubernetes.ts";
import { findProgram, freePort, untilReady } from "./program.ts";

/** A cluster's one node, on this machine: pods run, as far as they are on its network and their images are `docker.ts`'s. */
export interface KubernetesNode {
  readonly docker: DockerService;
  stop(): Promise<void>;
}

const kubelet = (): string => join(kubernetesBinaries(), "kubelet");

/** Why a suite that runs pods is skipped. Says so once; in CI that is a failure. */
export function nodeMissing(): string | undefined {
  const docker = dockerMissing();
  if (docker !== undefined) return docker;
  const missing = !existsSync(kubelet())
    ? `there is no kubelet: test/services/kubernetes/build.sh ${kubernetesBinaries()}`
    : findProgram("gcc") === undefined
      ? "gcc is not installed: apt-get install gcc libc6-dev"
      : undefined;
  if (missing === undefined) return undefined;
  if (process.env["CI"] === "true") throw new Error(missing);
  console.warn(`tests with pods are skipped: ${missing}`);
  return missing;
}

/** Joins this machine to the cluster, with a kubelet and a Docker engine of the tests' own. */
export async function startNode(cluster: KubernetesService): Promise<KubernetesNode> {
  const folder = mkdtempSync(join(tmpdir(), "glacier-node-"));
  const runtime = join(folder, "runc");
  writeFileSync(runtime, runtimeScript);
  chmodSync(runtime, 0o755);
  const docker = await startDocker([`--add-runtime=plain=${runtime}`, "--default-runtime=plain"]);
  const stops: (() => Promise<void>)[] = [() => docker.stop()];
  const node: KubernetesNode = {
    docker,
    async stop() {
      for (const stop of stops.reverse()) await stop();
      // Volumes of Secrets are file systems of their own.
      execFileSync("sh", ["-c", `grep -o '${folder}[^ ]*' /proc/mounts | sort -r | xargs -r -n 1 umount -l`]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    importPause(docker, folder);
    const config = join(folder, "kubelet.yaml");
    writeFileSync(config, JSON.stringify(kubeletConfig(await freePort())));
    const log = openSync(join(folder, "kubelet.log"), "a");
    const child = spawn(
      kubelet(),
      [
        `--config=${config}`,
        `--kubeconfig=${cluster.kubeconfig}`,
        "--container-runtime=docker",
        `--docker-endpoint=unix://${docker.socketPath}`,
        // Where usage is measured; without it nothing is evicted.
        `--docker=unix://${docker.socketPath}`,
        "--pod-infra-container-image=pause:local",
        "--hostname-override=localhost",
        `--root-dir=${join(folder, "kubelet")}`,
        `--cert-dir=${join(folder, "pki")}`,
      ],
      { stdio: ["ignore", log, log] },
    );
    const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    stops.push(async () => {
      child.kill("SIGKILL");
      await exited;
      const running = docker.docker("ps", "-q").split("\n").filter(Boolean);
      if (running.length > 0) docker.docker("rm", "-f", ...running);
    });
    const ready = '{.status.conditions[?(@.type=="Ready")].status}';
    await untilReady(async () => {
      if ((await cluster.kubectl(["get", "node", "localhost", "-o", `jsonpath=${ready}`])) !== "True")
        throw new Error("the node is not ready");
    });
  } catch (error) {
    await node.stop();
    throw error;
  }
  return node;
}

/** The container that holds a pod's namespaces together; the machine's own compiler makes it, since nothing can be pulled. */
function importPause({ docker }: DockerService, folder: string): void {
  const root = join(folder, "pause");
  mkdirSync(root);
  writeFileSync(
    join(folder, "pause.c"),
    "#include <signal.h>\n#include <unistd.h>\nstatic void quit(int s) { _exit(0); }\nint main(void) { signal(SIGTERM, quit); for (;;) pause(); }\n",
  );
  execFileSync("gcc", ["-static", "-O1", "-o", join(root, "pause"), join(folder, "pause.c")]);
  const archive = `${root}.tar`;
  execFileSync("tar", ["-C", root, "-cf", archive, "."]);
  docker("import", "--change", 'ENTRYPOINT ["/pause"]', archive, "pause:local");
}

function kubeletConfig(port: number): object {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: "127.0.0.1",
    port,
    healthzPort: 0,
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: "AlwaysAllow" },
    cgroupDriver: "cgroupfs",
    cgroupsPerQOS: false,
    // Pods ask for little, so that many fit on a small machine; they may use more.
    cpuCFSQuota: false,
    enforceNodeAllocatable: [],
    failSwapOn: false,
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    evictionHard: { "memory.available": "1Mi" },
    volumeStatsAggPeriod: "5s",
    // A pod that is deleted while it starts is only ended by the next look at it: that is a minute otherwise.
    syncFrequency: "2s",
    makeIPTablesUtilChains: false,
  };
}

/** runc, without negative oom scores: setting them takes a capability that a container, as CI may be one, hasn't. */
const runtimeScript = `#!/bin/bash
previous=
for argument in "$@"; do
  if [ "$previous" = --bundle ] && [ -f "$argument/config.json" ]; then
    sed -i -E 's/"oomScoreAdj":-[0-9]+/"oomScoreAdj":0/' "$argument/config.json"
  fi
  previous=$argument
done
exec "$(command -v runc)" "$@"
`;
