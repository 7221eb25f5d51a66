import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, normalize, sep } from "node:path";
import { describeThrown, GlacierError } from "../errors/index.ts";
import type { Artifacts } from "../provider/target.ts";

/**
 * Writes a compilation's files below `folder`; each is replaced as a whole. Other files there are left alone.
 * Errors: `KEY_INVALID`, before anything is written, for a path that leaves the folder, that is there twice, or that is the
 * folder of another; `STORAGE_FAILED`.
 */
export async function writeArtifacts(artifacts: Artifacts, folder: string): Promise<void> {
  const paths = Object.keys(artifacts).sort();
  for (const path of paths) refuseEscape(path);
  refuseOverlap(paths);
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
  throw invalid(path, `an artifact's path leaves its folder: ${JSON.stringify(path)}`, "its paths must be relative.");
}

/** No file can be the folder of another one. */
function refuseOverlap(paths: readonly string[]): void {
  const files = new Map<string, string>();
  for (const path of paths) {
    const clean = normalize(path);
    const other = files.get(clean);
    if (other !== undefined) throw overlap(path, other);
    files.set(clean, path);
  }
  for (const [clean, path] of files) {
    for (let folder = dirname(clean); folder !== "."; folder = dirname(folder)) {
      const other = files.get(folder);
      if (other !== undefined) throw overlap(path, other);
    }
  }
}

function overlap(path: string, other: string): GlacierError {
  const both = `${JSON.stringify(other)} and ${JSON.stringify(path)}`;
  return invalid(
    path,
    `two artifacts can't be files beside each other: ${both}`,
    "each path must be a file of its own.",
  );
}

function invalid(path: string, message: string, rule: string): GlacierError {
  const hint = `This is a defect of the target: ${rule}`;
  return new GlacierError("KEY_INVALID", { message, hint, context: { path } });
}
