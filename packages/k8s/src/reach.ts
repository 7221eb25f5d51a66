import type { StorageResource } from "@glacier/core";

/** Where storage is that pods can't reach; undefined for what they may. Pods on their node's network may know its servers. */
export function outOfReach(
  storage: StorageResource,
  pod: { readonly hostNetwork?: unknown } | undefined,
): string | undefined {
  if (storage.kind === "memory") return "in this process's memory";
  if (storage.kind === "localFs") return "in a folder of this machine";
  if (pod?.hostNetwork !== true && Object.values(storage).some(isLoopback)) return "on a server of this machine";
  return undefined;
}

function isLoopback(text: unknown): boolean {
  if (typeof text !== "string" || !text.includes("://") || !URL.canParse(text)) return false;
  return /^(localhost|127\.[\d.]+|\[::1\])$/.test(new URL(text).hostname);
}
