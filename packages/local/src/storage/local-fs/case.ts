import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { isFsError } from "./errors.ts";

/** The file system calls of a {@link CaseGuard}; tests pass those of a disk that folds case. */
export interface CaseFs {
  /** Identity of what is at a path, or undefined where there is nothing. */
  identity(path: string): Promise<string | undefined>;
  names(folder: string): Promise<string[]>;
}

/**
 * Keeps keys apart that differ only in case, on disks that take such names for one file (macOS, Windows, exFAT,
 * ext4 with casefold). Which folders fold is found out once each: there, the entry's real name must equal the key's.
 */
export interface CaseGuard {
  /** Whether a folder folds case, probed with a file that is in it. */
  folds(folder: string, name: string): Promise<boolean>;
  /** The first of the segments below `root` that the disk spells otherwise, or undefined. What doesn't exist is fine. */
  mismatch(root: string, segments: readonly string[]): Promise<string | undefined>;
}

const nodeFs: CaseFs = {
  async identity(path) {
    try {
      const { dev, ino } = await lstat(path, { bigint: true });
      return `${dev}:${ino}`;
    } catch (error) {
      if (isFsError(error, "ENOENT", "ENOTDIR")) return undefined;
      throw error;
    }
  },
  names: (folder) => readdir(folder),
};

/** A {@link CaseGuard} with its own memory of folders that don't fold. */
export function createCaseGuard(fs: CaseFs = nodeFs): CaseGuard {
  const plain = new Set<string>();

  async function folds(folder: string, name: string): Promise<boolean> {
    if (plain.has(folder)) return false;
    const other = swapCase(name);
    if (other === name) return true; // can't tell: the caller compares names
    const [mine, its] = await Promise.all([fs.identity(join(folder, name)), fs.identity(join(folder, other))]);
    if (mine === undefined || mine === its) return true;
    if (plain.size > 10_000) plain.clear();
    plain.add(folder);
    return false;
  }

  return {
    folds,
    async mismatch(root, segments) {
      for (const [depth, name] of segments.entries()) {
        const folder = join(root, ...segments.slice(0, depth));
        if (caseless(name) || !(await folds(folder, name))) continue;
        if ((await fs.identity(join(folder, name))) === undefined) return undefined;
        if (!(await fs.names(folder)).includes(name)) return name;
      }
      return undefined;
    },
  };
}

/** Whether a name has but one spelling. Other scripts may have case, and accents have two encodings. */
function caseless(name: string): boolean {
  return /^[^a-z\u0080-\uffff]*$/i.test(name);
}

/** `name` with the case of its ASCII letters turned round. */
function swapCase(name: string): string {
  return name.replace(/[a-z]/gi, (letter) => (letter < "a" ? letter.toLowerCase() : letter.toUpperCase()));
}
