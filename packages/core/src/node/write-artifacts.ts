import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, normalize, sep } from "node:path";
import { describeThrown, GlacierError } from "../errors/index.ts";
import type { Artifacts } from "../provider/target.ts";

/**
 * Writes a compilation's files below `folder`; each is replaced as a whole. Other files there are left alone.
 * Errors: `KEY_INVALID` for a path that leaves the folder, `STORAGE_FAILED`.
 */
export async function writeArtifacts(artifacts: Artifacts, folder: string): Promise<void> {
  const paths = Object.keys(artifacts).sort();
  for (const path of paths) refuseEscape(path);
  for (const path of paths) {
    const target = join(folder, path);
    const beside = `${target}.writing`;
    try {
      await mkdir(dirname(target), { recursive: true });
      await writeFile(beside, artifacts[path] as string | Uint8Array);
      await rename(beside, target);
    } catch (error) {
      await rm(beside, { force: true }).catch(() => {});
      throw new GlacierError("STORAGE_FAILED", {
        message: `${target} can't be written: ${describeThrown(error)}`,
        hint: "Choose a folder that is yours and has space.",
        cause: error,
        context: { path: target },
      });
    }
  }
}

function refuseEscape(path: string): void {
  const clean = normalize(path);
  if (path !== "" && !clean.startsWith("..") && !clean.startsWith(sep) && !/^[A-Za-z]:/.test(clean)) return;
  throw new GlacierError("KEY_INVALID", {
    message: `an artifact's path leaves its folder: ${JSON.stringify(path)}`,
    hint: "This is a defect of the target: its paths must be relative.",
    context: { path },
  });
}
