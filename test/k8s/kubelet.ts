import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { KubernetesService } from "../services/kubernetes.ts";

/** A node of the cluster that runs nothing itself: the API server asks it for the logs of pods that are bound to it. */
export interface LogNode {
  bind(namespace: string, pod: string): Promise<void>;
  stop(): Promise<void>;
}

/** `logOf` answers a pod's log from its beginning to its end, or as far as it is. `folder` takes a certificate. */
export async function joinLogNode(
  cluster: KubernetesService,
  name: string,
  folder: string,
  logOf: (pod: string, follow: boolean) => Readable | undefined,
): Promise<LogNode> {
  const [key, cert] = [join(folder, "node.key"), join(folder, "node.crt")];
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=node", "-keyout", key, "-out", cert];
  execFileSync("openssl", request, { stdio: "ignore" });
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (asked, answer) => {
    // /containerLogs/<namespace>/<pod>/<container>?follow=true
    const { pathname, searchParams } = new URL(asked.url ?? "", "https://node");
    const log = logOf(pathname.split("/")[3] ?? "", searchParams.get("follow") === "true");
    if (log === undefined) answer.writeHead(404).end();
    else log.pipe(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await cluster.kubectl(["create", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "Node", metadata: { name } }));
  const status = {
    addresses: [{ type: "Hostname", address: "127.0.0.1" }],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
  };
  const patch = ["patch", "node", name, "--subresource=status", "--type=merge", "-p", JSON.stringify({ status })];
  await cluster.kubectl(patch);
  return {
    async bind(namespace, pod) {
      const binding = {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { name: pod, namespace },
        target: { apiVersion: "v1", kind: "Node", name },
      };
      const path = `/api/v1/namespaces/${namespace}/pods/${pod}/binding`;
      await cluster.kubectl(["create", "--raw", path, "-f", "-"], JSON.stringify(binding));
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await cluster.kubectl(["delete", "node", name]);
    },
  };
}
