import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import type { KubernetesExecutorOptions } from "@glacier/k8s";
import { describe, expect, it } from "vitest";
import { freePort } from "../../services/program.ts";
import { failureOf, type NodeCluster } from "./cluster.ts";
import { plain } from "./pipelines.ts";

/** What a cluster refuses, and what is told of it. */
export function refused(use: () => NodeCluster): void {
  const kubectl = (...args: string[]) => use().cluster.kubectl(args);

  /** A kubeconfig like the administrator's, but for what is changed in it. */
  async function kubeconfig(change: { readonly server?: string; readonly token?: string }): Promise<string> {
    const config = JSON.parse(await kubectl("config", "view", "--raw", "-o", "json"));
    if (change.server !== undefined) config.clusters[0].cluster.server = change.server;
    if (change.token !== undefined) config.users[0].user = { token: change.token };
    const path = `${use().cluster.kubeconfig}.${randomUUID()}`;
    writeFileSync(path, JSON.stringify(config));
    return path;
  }

  async function account(name: string): Promise<string> {
    await kubectl("-n", "tasks", "create", "serviceaccount", name);
    const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
    const path = `/api/v1/namespaces/tasks/serviceaccounts/${name}/token`;
    const made = await use().cluster.kubectl(["create", "--raw", path, "-f", "-"], JSON.stringify(request));
    return (JSON.parse(made) as { status: { token: string } }).status.token;
  }

  async function refusal(more: Partial<KubernetesExecutorOptions>) {
    return failureOf(plain, await use().options(more));
  }

  describe("a cluster", { timeout: 60_000 }, () => {
    it("that has no such namespace", async () => {
      const { error, events } = await refusal({ namespace: "nowhere" });
      expect(error).toMatchObject({
        code: "NOT_FOUND",
        message: expect.stringContaining('namespaces "nowhere" not found'),
        hint: expect.stringContaining("kubectl get namespace nowhere"),
      });
      expect(events).toEqual([]);
    });

    it("whose quota has no room for the pod", async () => {
      await use().namespace("small");
      await kubectl("-n", "small", "create", "quota", "none", "--hard=pods=0");
      const { error } = await refusal({ namespace: "small", pendingTimeout: 3 });
      expect(error).toMatchObject({
        code: "UNSCHEDULABLE",
        message: expect.stringContaining("exceeded quota: none"),
        hint: expect.stringContaining("ResourceQuota"),
        context: { task: "makes" },
      });
    });

    it("whose quota has no room for the Job", async () => {
      await use().namespace("full");
      await kubectl("-n", "full", "create", "quota", "none", "--hard=count/jobs.batch=0");
      await expect
        .poll(() => kubectl("-n", "full", "get", "quota", "none", "-o", "jsonpath={.status.hard}"))
        .toContain("jobs");
      expect((await refusal({ namespace: "full" })).error).toMatchObject({
        code: "UNSCHEDULABLE",
        message: expect.stringContaining("exceeded quota: none"),
        hint: expect.stringContaining("ResourceQuota"),
      });
    });

    it("that is just deleting the namespace", async () => {
      await use().namespace("leaving");
      const held = { metadata: { name: "held", namespace: "leaving", finalizers: ["glacier.test/held"] } };
      const map = { apiVersion: "v1", kind: "ConfigMap", ...held };
      await use().cluster.kubectl(["create", "-f", "-"], JSON.stringify(map));
      await kubectl("delete", "namespace", "leaving", "--wait=false");
      expect((await refusal({ namespace: "leaving" })).error).toMatchObject({
        code: "UNAVAILABLE",
        message: expect.stringContaining("being terminated"),
        hint: expect.stringContaining("being deleted"),
      });
      await kubectl(
        "-n",
        "leaving",
        "patch",
        "configmap",
        "held",
        "--type=json",
        "-p",
        '[{"op":"remove","path":"/metadata/finalizers"}]',
      );
    });

    it("that makes no pod, however long one waits", async () => {
      await use().namespace("narrow");
      const limits = { apiVersion: "v1", kind: "LimitRange", metadata: { name: "narrow", namespace: "narrow" } };
      const spec = { limits: [{ type: "Container", max: { memory: "128Mi" } }] };
      await use().cluster.kubectl(["create", "-f", "-"], JSON.stringify({ ...limits, spec }));
      expect((await refusal({ namespace: "narrow" })).error).toMatchObject({
        code: "UNSCHEDULABLE",
        message: expect.stringContaining("maximum memory usage per Container is 128Mi"),
        hint: expect.stringContaining("LimitRange"),
      });
      expect((await refusal({ serviceAccount: "no-such" })).error).toMatchObject({
        code: "OPTION_INVALID",
        message: expect.stringContaining('serviceaccount "no-such" not found'),
        hint: expect.stringContaining("{ serviceAccount }"),
      });
      expect((await refusal({ pod: { hostNetwork: true, priorityClassName: "no-such" } })).error).toMatchObject({
        code: "OPTION_INVALID",
        message: expect.stringContaining("no PriorityClass with name no-such"),
        hint: expect.stringContaining("priorityClassName"),
      });
    });

    it("where the account may do nothing: all that it lacks is told, and nothing starts", async () => {
      const { error, events } = await refusal({ kubeconfig: await kubeconfig({ token: await account("nobody") }) });
      expect(error).toMatchObject({
        code: "PERMISSION_DENIED",
        message: expect.stringMatching(/"tasks".*create.* jobs;.* pods\/log;.* secrets;/),
        hint: expect.stringContaining("Role"),
      });
      expect(events).toEqual([]);
    });

    it("that doesn't know the token, or not any more", async () => {
      const token = await account("gone");
      await kubectl("-n", "tasks", "delete", "serviceaccount", "gone");
      for (const each of ["never-was-one", token]) {
        expect((await refusal({ kubeconfig: await kubeconfig({ token: each }) })).error).toMatchObject({
          code: "PERMISSION_DENIED",
          message: expect.stringContaining("Unauthorized"),
          hint: expect.stringContaining("expired"),
        });
      }
    });

    it("that doesn't answer", async () => {
      const server = `https://127.0.0.1:${await freePort()}`;
      expect((await refusal({ kubeconfig: await kubeconfig({ server }) })).error).toMatchObject({
        code: "UNAVAILABLE",
        message: expect.stringContaining("ECONNREFUSED"),
        hint: expect.stringContaining(server),
      });
    });
  });
}
