import type { PackedCode } from "../code/index.ts";
import { ownName } from "../names.ts";
import type { Manifest } from "../pod/pod.ts";
import type { Settings } from "./settings.ts";

/** The code's ConfigMaps. Their names follow from it, so that runs that are under way keep theirs. */
export function configMaps(
  word: "code" | "driver",
  { sha256, parts }: PackedCode,
  settings: Settings,
): { names: string[]; manifests: Manifest[] } {
  const names = parts.map((_, i) => ownName(settings.deployment, `${word}-${sha256.slice(0, 8)}-${i + 1}`));
  return {
    names,
    manifests: parts.map(({ data, binaryData }, i) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: settings.metadata(names[i] as string, "shared"),
      immutable: true,
      ...(Object.keys(data).length > 0 && { data }),
      binaryData: Object.fromEntries(
        Object.entries(binaryData).map(([name, bytes]) => [name, Buffer.from(bytes).toString("base64")]),
      ),
    })),
  };
}
