import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { status } from "./locate.ts";

/** The file system calls of a {@link CaseGuard}; tests pass those of a disk that folds case. */
export interface CaseFs {
  exists(path: string): Promise<boolean>;
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
  exists: async (path) => (await status(path)) !== undefined,
  names: (folder) => readdir(folder),
};

/** A {@link CaseGuard} with its own memory of folders that don't fold. */
export function createCaseGuard(fs: CaseFs = nodeFs): CaseGuard {
  const plain = new Set<string>();

  async function folds(folder: string, name: string): Promise<boolean> {
    if (plain.has(folder)) return false;
    const other = swapCase(name);
    if (other === name) return true; // can't tell: the caller compares names
    if (!(await fs.exists(join(folder, name)))) return true;
    if (await fs.exists(join(folder, other))) {
      // Inode numbers don't tell: on FUSE, two spellings of one file may have two.
      const names = await fs.names(folder);
      if (!names.includes(name) || !names.includes(other)) return true;
    }
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
        if (!(await fs.exists(join(folder, name)))) return undefined;
        if (!(await fs.names(folder)).includes(name)) return name;
      }
      return undefined;
    },
  };
}

/** One spelling for all that a disk may take for the same. */
export function fold(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

/** Whether a name has but one spelling. Other scripts may have case, and accents have two encodings. */
function caseless(name: string): boolean {
  return /^[^a-z\u0080-\uffff]*$/i.test(name);
}

/** `name` with the case of its ASCII letters turned round. */
function swapCase(name: string): string {
  return name.replace(/[a-z]/gi, (letter) => (letter < "a" ? letter.toLowerCase() : letter.toUpperCase()));
}
