import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { scratch } from "./storage.ts";

/** Why this machine can't mount file systems, or undefined where it can. */
export const mountRefusal: string | undefined = probe(() => {
  execFileSync("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"], { stdio: "pipe" });
});

/** Why there is no disk here that folds case, or undefined. NTFS through FUSE can. */
export const foldingRefusal: string | undefined =
  mountRefusal ?? probe(() => execFileSync("sh", ["-c", "command -v lowntfs-3g && command -v mkntfs"], { stdio: "pipe", env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` } }));

/** A small disk in memory; gone after the test. */
export function mountTmpfs(options: string): string {
  const folder = scratch();
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "none", folder]);
  onTestFinished(() => void execFileSync("umount", ["-l", folder]));
  return folder;
}

/** A folder seen through a read-only mount. */
export function mountReadOnly(folder: string): string {
  const view = scratch();
  execFileSync("mount", ["--bind", folder, view]);
  onTestFinished(() => void execFileSync("umount", ["-l", view]));
  execFileSync("mount", ["-o", "remount,bind,ro", view]);
  return view;
}

/** An NTFS disk that takes names which differ in case for one. */
export function mountFolding(): string {
  const folder = scratch();
  const image = join(folder, "image");
  const disk = join(folder, "disk");
  const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` };
  mkdirSync(disk);
  writeFileSync(image, Buffer.alloc(8 * 1024 * 1024));
  execFileSync("mkntfs", ["-q", "-F", "-Q", image], { env, stdio: "pipe" });
  execFileSync("lowntfs-3g", [image, disk, "-o", "ignore_case"], { env, stdio: "pipe" });
  onTestFinished(() => void execFileSync("umount", ["-l", disk]));
  return disk;
}

function probe(attempt: () => void): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
  }
}
