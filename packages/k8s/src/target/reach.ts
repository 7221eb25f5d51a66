import {
  type Diagnostic,
  type ErrorCode,
  GlacierError,
  type Plan,
  type Registry,
  type StorageResource,
} from "@glacier/core";
import type { Manifest } from "../pod/pod.ts";
import { outOfReach } from "../reach.ts";

/** A remark on each dataset, and on the state root, that no pod could reach. */
export function checkStorage({ state, datasets }: Plan, registry: Registry, pod: Manifest | undefined): Diagnostic[] {
  const checkPlace = placeChecker(registry, pod);
  return [
    ...checkPlace("the state root", state, {}),
    ...datasets.flatMap(({ name, storage, producer, consumers }) => {
      const users = [...(producer === undefined ? [] : [producer]), ...consumers];
      const what = `dataset "${name}" (of ${users.map((user) => `"${user}"`).join(", ")})`;
      return checkPlace(what, storage, { dataset: name });
    }),
  ];
}

type PlaceChecker = (what: string, storage: StorageResource, context: { readonly dataset?: string }) => Diagnostic[];

function placeChecker(registry: Registry, pod: Manifest | undefined): PlaceChecker {
  return (what, storage, context) => {
    const { kind } = storage;
    const refuse = (code: ErrorCode, why: string, hint: string): Diagnostic[] => [
      {
        severity: "error",
        error: new GlacierError(code, { message: `${what} is ${why}`, hint, context: { ...context, kind } }),
      },
    ];
    const place = outOfReach(storage, pod);
    if (place !== undefined) {
      return refuse(
        "STORAGE_UNREACHABLE",
        `${place}, which no pod can reach`,
        "Bind it to storage that the cluster reaches, or give it none: then it goes to the target's own.",
      );
    }
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
  };
}
