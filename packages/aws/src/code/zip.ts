import type { Artifacts } from "@glacier/core";
import type { Zippable } from "fflate";

/** A zip of these files: the same bytes for the same content, whatever machine, user or time zone. */
export async function zip(files: Artifacts): Promise<Uint8Array> {
  const { zipSync } = await import("fflate"); // its tables take 6 MiB
  const entries: Zippable = {};
  for (const path of Object.keys(files).sort()) {
    const content = files[path] as string | Uint8Array;
    entries[path] = [typeof content === "string" ? new TextEncoder().encode(content) : content, fixed()];
  }
  return zipSync(entries, { level: 6 });
}

/** Readable by all, since Lambda runs as another user, and as old as a zip can be: its times are local ones. */
function fixed() {
  return { mtime: new Date(1980, 0, 1), os: 3, attrs: (0o100644 << 16) >>> 0 } as const;
}
