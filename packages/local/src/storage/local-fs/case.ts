import { open, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { isFsError } from "./errors.ts";
import { status } from "./locate.ts";

/** The file system calls of a {@link CaseGuard}; tests pass those of a disk that folds case. */
export interface CaseFs {
  exists(path: string): Promise<boolean>;
  names(folder: string): Promise<string[]>;
  /** Whether a file of that name can be made where there is none; it is gone again. */
  makes(path: string): Promise<boolean>;
}

/**
 * Keeps keys apart that differ only in case, on disks that take such names for one file (macOS, Windows, exFAT,
 * ext4 with casefold). Which folders fold is found out once each: there, the entry's real name must equal the key's.
 */
export interface CaseGuard {
  /** Whether a folder folds case, proven with a file of the caller's own that is in it. */
  folds(folder: string, name: string): Promise<boolean>;
  /** The first of the segments below `root` that the disk spells otherwise, or undefined. What doesn't exist is fine. */
  mismatch(root: string, segments: readonly string[]): Promise<string | undefined>;
}

const nodeFs: CaseFs = {
  exists: async (path) => (await status(path)) !== undefined,
  names: (folder) => readdir(folder),
  async makes(path) {
    try {
      await (await open(path, "wx")).close();
    } catch (error) {
      if (isFsError(error, "EEXIST")) return false;
      throw error;
    }
    await unlink(path).catch(() => {});
    return true;
  },
};

/** A {@link CaseGuard} with its own memory of folders that don't fold. */
export function createCaseGuard(fs: CaseFs = nodeFs): CaseGuard {
  /** Folders that seem not to fold; enough to read by. */
  const plain = new Set<string>();
  /** Folders that have held two spellings side by side; nothing less will do to write by. */
  const proven = new Set<string>();

  async function seemsToFold(folder: string, name: string): Promise<boolean> {
    if (plain.has(folder) || proven.has(folder)) return false;
    const other = swapCase(name);
    if (other === name) return true; // can't tell: the caller compares names
    if (!(await fs.exists(join(folder, name)))) return true;
    if (await fs.exists(join(folder, other))) {
      // Inode numbers don't tell: on FUSE, two spellings of one file may have two.
      const names = await fs.names(folder);
      if (!names.includes(name) || !names.includes(other)) return true;
    } else if (!(await fs.exists(join(folder, name)))) {
      return true; // it went between the two looks, which says nothing
    }
    remember(plain, folder);
    return false;
  }

  return {
    async folds(folder, name) {
      if (proven.has(folder)) return false;
      const other = swapCase(name);
      // A look may miss (FUSE remembers what isn't there): making the other spelling can't.
      if (other === name || !(await fs.makes(join(folder, other)))) return true;
      remember(proven, folder);
      return false;
    },
    async mismatch(root, segments) {
      for (const [depth, name] of segments.entries()) {
        const folder = join(root, ...segments.slice(0, depth));
        if (caseless(name) || !(await seemsToFold(folder, name))) continue;
        if (!(await fs.exists(join(folder, name)))) return undefined;
        if (!(await fs.names(folder)).includes(name)) return name;
      }
      return undefined;
    },
  };
}

function remember(folders: Set<string>, folder: string): void {
  if (folders.size > 10_000) folders.clear();
  folders.add(folder);
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
