import { type Artifacts, describeThrown, GlacierError } from "@glacier/core";
import { isJsonObject } from "@glacier/core/compile";
import { Document, visit } from "yaml";
import type { Manifest } from "../pod/pod.ts";
import { invalid, type Transform } from "./options.ts";

/** One YAML file for each concern, and the kustomization that names them. `files` are manifests by file name. */
export function print(
  files: Readonly<Record<string, readonly Manifest[]>>,
  transform: Transform | undefined,
): Artifacts {
  const used = Object.entries(files).filter(([, manifests]) => manifests.length > 0);
  const kustomization = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: used.map(([name]) => name),
  };
  return {
    ...Object.fromEntries(
      used.map(([name, manifests]) => [name, manifests.map((one) => yaml(transformed(one, transform))).join("---\n")]),
    ),
    "kustomization.yaml": yaml(kustomization),
  };
}

/** What is a text to every reader: kubectl and kustomize take YAML 1.1, with its own numbers, dates and words for true. */
const plain = /^(?!(y|yes|n|no|on|off|true|false|null)$)[a-z/]/i;

function yaml(manifest: Manifest): string {
  // No line is folded and no part is a reference to another: diffs show what changed, and where.
  const document = new Document(manifest, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_, node) {
      const { value } = node;
      if (typeof value === "string" && !plain.test(value) && !value.includes("\n")) node.type = "QUOTE_DOUBLE";
    },
  });
  return document.toString({ lineWidth: 0 });
}

/** A manifest as it is printed. Errors: `OPTION_INVALID`. */
export function transformed(manifest: Manifest, transform: Transform | undefined): Manifest {
  if (transform === undefined) return manifest;
  let answer: unknown;
  try {
    answer = transform(JSON.parse(JSON.stringify(manifest)));
  } catch (error) {
    throw new GlacierError("OPTION_INVALID", {
      message: `KubernetesTarget: its option "transform" threw for ${String(manifest["kind"])}: ${describeThrown(error)}`,
      hint: "It is called for each manifest: return those that it is not about as they came.",
      cause: error,
    });
  }
  if (isJsonObject(answer)) return answer;
  throw invalid(
    `its option "transform" returned no JSON object for ${String(manifest["kind"])}`,
    "Return the manifest to print; those that it is not about as they came.",
  );
}
