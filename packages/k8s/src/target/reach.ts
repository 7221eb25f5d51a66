import {
  type Diagnostic,
  type ErrorCode,
  GlacierError,
  type Plan,
  type Registry,
  type StorageResource,
} from "@glacier/core";

/** A remark on each dataset, and on the state root, that no pod could reach. */
export function checkStorage({ state, datasets }: Plan, registry: Registry): Diagnostic[] {
  return [
    ...checkPlace("the state root", state, registry, {}),
    ...datasets.flatMap(({ name, storage, producer, consumers }) => {
      const users = [...(producer === undefined ? [] : [producer]), ...consumers];
      const what = `dataset "${name}" (of ${users.map((user) => `"${user}"`).join(", ")})`;
      return checkPlace(what, storage, registry, { dataset: name });
    }),
  ];
}

function checkPlace(
  what: string,
  storage: StorageResource,
  registry: Registry,
  context: { readonly dataset?: string },
): Diagnostic[] {
  const { kind } = storage;
  const refuse = (code: ErrorCode, why: string, hint: string): Diagnostic[] => [
    {
      severity: "error",
      error: new GlacierError(code, { message: `${what} is ${why}`, hint, context: { ...context, kind } }),
    },
  ];
  const hint = "Bind it to storage that the cluster reaches, or give it none: then it goes to the target's own.";
  if (kind === "memory") return refuse("STORAGE_UNREACHABLE", "in this process's memory, which no pod can reach", hint);
  if (kind === "localFs")
    return refuse("STORAGE_UNREACHABLE", "in a folder of this machine, which no pod can reach", hint);
  if (Object.values(storage).some(isLoopback))
    return refuse("STORAGE_UNREACHABLE", "on a server of this machine, which no pod can reach", hint);
  const provider = registry.providers.find((one) => one.storage?.[kind] !== undefined);
  if (provider === undefined) {
    return refuse(
      "PROVIDER_MISSING",
      `on storage of kind "${kind}", which no provider brings`,
      "Install the package that brings it and list it in glacier.config.ts.",
    );
  }
  if (provider.module !== undefined) return [];
  return refuse(
    "STORAGE_UNREACHABLE",
    `on storage of provider "${provider.name}", which doesn't say where its code is`,
    "Its author gives it `module: import.meta.url`; without it a provider works in process only.",
  );
}

function isLoopback(text: unknown): boolean {
  if (typeof text !== "string" || !text.includes("://") || !URL.canParse(text)) return false;
  return /^(localhost|127\.[\d.]+|\[::1\])$/.test(new URL(text).hostname);
}
