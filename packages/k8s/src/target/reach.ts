import {
  type Diagnostic,
  type ErrorCode,
  GlacierError,
  type Plan,
  type PlanDataset,
  type Registry,
  type StorageResource,
} from "@glacier/core";
import type { Manifest } from "../pod/pod.ts";
import { outOfReach } from "../reach.ts";

/** A remark on each dataset, and on the state root, that no pod could reach, and on each dataset that would be in the state root. */
export function checkStorage({ state, datasets }: Plan, registry: Registry, pod: Manifest | undefined): Diagnostic[] {
  const checkPlace = placeChecker(registry, pod);
  return [
    ...checkPlace("the state root", state, {}),
    ...datasets.flatMap((dataset) => {
      const { name, storage, producer, consumers } = dataset;
      const users = [...(producer === undefined ? [] : [producer]), ...consumers];
      const what = `dataset "${name}" (of ${users.map((user) => `"${user}"`).join(", ")})`;
      return [...checkPlace(what, storage, { dataset: name }), ...checkPath(what, dataset, state)];
    }),
  ];
}

/** Manifests, pins and journals are there: a dataset that is written among them could be any of them. */
function checkPath(what: string, { name, storage, key, producer }: PlanDataset, state: StorageResource): Diagnostic[] {
  const root = rootOf(state);
  if (producer === undefined || !isSame(storage, state) || !`${rootOf(storage)}${key}`.startsWith(root)) return [];
  const message = `${what} is written below ${root}, where the deployment's manifests and journals are`;
  const hint = "Give it another key or prefix.";
  return [
    { severity: "error", error: new GlacierError("OPTION_INVALID", { message, hint, context: { dataset: name } }) },
  ];
}

/** One storage, by all that both say of it but the path: a dataset's may leave out what is the default. */
function isSame(one: StorageResource, other: StorageResource): boolean {
  const said = Object.keys(one).filter((field) => !["prefix", "key"].includes(field) && Object.hasOwn(other, field));
  return said.every((field) => JSON.stringify(one[field]) === JSON.stringify(other[field]));
}

/** In front of a storage's keys: empty, or with a slash at its end. */
function rootOf({ prefix }: StorageResource): string {
  const folders = String(prefix ?? "")
    .split("/")
    .filter(Boolean);
  return folders.map((folder) => `${folder}/`).join("");
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
