import { gunzipSync } from "node:zlib";
import type { Artifacts } from "@glacier/core";
import { parse, parseAllDocuments } from "yaml";

/** An object of the emitted files, as far as tests look into it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: parsed YAML, of which each test knows its part
  readonly [field: string]: any;
}

/** Every object that the kustomization names, in its order. */
export function readManifests(artifacts: Artifacts): Manifest[] {
  const { resources } = parse(String(artifacts["kustomization.yaml"])) as { readonly resources: readonly string[] };
  return resources.flatMap((file) =>
    parseAllDocuments(String(artifacts[file])).map((document) => document.toJS() as Manifest),
  );
}

/** The objects of a kind. */
export function ofKind(manifests: readonly Manifest[], kind: string): Manifest[] {
  return manifests.filter((one) => one.kind === kind);
}

/** Files of the tasks' code, or of the driver's, out of their ConfigMaps. */
export function readCode(manifests: readonly Manifest[], of: "code" | "driver"): Record<string, string> {
  const parts = ofKind(manifests, "ConfigMap")
    .filter(({ metadata }) => new RegExp(`-${of}-[0-9a-f]{8}-\\d+$`).test(metadata.name))
    .flatMap(({ binaryData }) => Object.entries<string>(binaryData));
  const bytes = parts.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => Buffer.from(text, "base64"));
  return JSON.parse(gunzipSync(Buffer.concat(bytes)).toString());
}
