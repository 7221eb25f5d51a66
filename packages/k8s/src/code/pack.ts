import { createHash } from "node:crypto";
import { startFile } from "../deployment.ts";
import { startScript } from "./start.ts";

/** Code, packed for ConfigMaps that are mounted into one folder. */
export interface PackedCode {
  /** Of all of it; hex. */
  readonly sha256: string;
  /** Bytes, compressed. */
  readonly bytes: number;
  /** One for each ConfigMap: texts and bytes by file name. */
  readonly parts: readonly CodePart[];
}

/** What one ConfigMap holds. */
export interface CodePart {
  readonly data: Readonly<Record<string, string>>;
  readonly binaryData: Readonly<Record<string, Uint8Array>>;
}

/** Bytes in one ConfigMap, which takes 1 MiB with all its keys. https://kubernetes.io/docs/concepts/configuration/configmap/#motivation */
export const partSize = 1_000_000;

/** Files as few ConfigMaps as hold them, compressed. The same bytes for the same content. */
export async function packCode(files: Readonly<Record<string, string>>, size: number = partSize): Promise<PackedCode> {
  const { gzipSync } = await import("fflate"); // its tables take 6 MiB
  const sorted = Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));
  const packed = gzipSync(new TextEncoder().encode(JSON.stringify(sorted)), { level: 9, mtime: 0 });
  const count = Math.max(1, Math.ceil(packed.length / size));
  return {
    sha256: createHash("sha256").update(startScript).update(packed).digest("hex"),
    bytes: packed.length,
    parts: Array.from({ length: count }, (_, i) => ({
      data: i === 0 ? { [startFile]: startScript } : {},
      // In the order of their names.
      binaryData: { [`code.${String(i).padStart(3, "0")}`]: packed.subarray(i * size, (i + 1) * size) },
    })),
  };
}
