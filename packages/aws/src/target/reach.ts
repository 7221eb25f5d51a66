import type { Diagnostic, PlanDataset, Registry, StorageResource } from "@glacier/core";
import { wrongOption } from "../storage/options.ts";
import { remark } from "./limits.ts";

/** A remark on each dataset that no function or container on AWS could reach. */
export function checkStorage(datasets: readonly PlanDataset[], registry: Registry): Diagnostic[] {
  const brought = new Map(
    registry.providers.flatMap((provider) =>
      Object.keys(provider.storage ?? {}).map((kind) => [kind, provider] as const),
    ),
  );
  return datasets.flatMap(({ name, storage, producer, consumers }): Diagnostic[] => {
    const { kind } = storage;
    const context = { dataset: name, kind };
    const users = [...(producer === undefined ? [] : [producer]), ...consumers];
    const what = `dataset "${name}" (of ${users.map((user) => `"${user}"`).join(", ")})`;
    const hint = "Bind it to storage.s3({ bucket }), or give it no storage: then it goes to the deployment's bucket.";
    if (kind === "s3") {
      const wrong = wrongOption(storage);
      if (wrong !== undefined) {
        const message = `${what} has storage that S3 can't take: ${wrong.why}`;
        return [remark("error", "OPTION_INVALID", message, wrong.hint, context)];
      }
      const { endpoint } = storage;
      if (isLoopback(endpoint)) {
        const message = `${what} is on a server of this machine, which AWS can't reach`;
        return [remark("error", "STORAGE_UNREACHABLE", message, hint, context)];
      }
      if (isAmazons(endpoint)) return [];
      const message = `${what} is at ${endpoint}, which knows nothing of the credentials that tasks on AWS sign with: those of their roles`;
      return [remark("warning", "STORAGE_UNREACHABLE", message, hint, context)];
    }
    if (kind === "localFs" || kind === "memory") {
      const where = kind === "memory" ? "in this process's memory" : "in a folder of this machine";
      return [remark("error", "STORAGE_UNREACHABLE", `${what} is ${where}, which AWS can't reach`, hint, context)];
    }
    const provider = brought.get(kind);
    if (provider === undefined) {
      return [
        remark(
          "error",
          "PROVIDER_MISSING",
          `${what} is on storage of kind "${kind}", which no provider brings`,
          "Install the package that brings it and list it in glacier.config.ts.",
          context,
        ),
      ];
    }
    if (provider.module !== undefined) return [];
    return [
      remark(
        "error",
        "STORAGE_UNREACHABLE",
        `${what} is on storage of provider "${provider.name}", which doesn't say where its code is`,
        "Its author gives it `module: import.meta.url`; without it a provider works in process only.",
        context,
      ),
    ];
  });
}

/** Another server that speaks S3's API has rights of its own, and its bucket's name may be anybody's on AWS. */
export function inS3({ storage }: { readonly storage: StorageResource }): boolean {
  return storage.kind === "s3" && isAmazons(storage["endpoint"]);
}

/** Whether a storage's endpoint, if it has one, is AWS's own. */
export function isAmazons(endpoint: unknown): boolean {
  if (typeof endpoint !== "string" || !URL.canParse(endpoint)) return endpoint === undefined;
  return /\.amazonaws\.(com|com\.cn|eu)$/.test(new URL(endpoint).hostname);
}

function isLoopback(endpoint: unknown): boolean {
  if (typeof endpoint !== "string" || !URL.canParse(endpoint)) return false;
  return /^(localhost|host\.docker\.internal|0\.0\.0\.0|127\.[\d.]+|\[::1?\])$/.test(new URL(endpoint).hostname);
}
