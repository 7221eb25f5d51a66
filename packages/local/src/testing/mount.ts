import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { scratch } from "./storage.ts";

/** Why this machine can't mount file systems, or undefined where it can. */
export const mountRefusal: string | undefined = probe(() => {
  execFileSync("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"], { stdio: "pipe" });
});

/** A kind of disk that takes names which differ in case for one. */
export type FoldingDisk = "ntfs" | "exfat";

/** Disks that fold case and can be mounted through FUSE: how to make one in an image file, and to mount it. */
const folding: Record<FoldingDisk, { make: string[]; mount: string[] }> = {
  /** Keeps no case: every name shows in lower case. */
  ntfs: { make: ["mkntfs", "-q", "-F", "-Q"], mount: ["lowntfs-3g", "-o", "ignore_case"] },
  /** Keeps case; has no hard links. */
  exfat: { make: ["mkfs.exfat"], mount: ["mount.exfat-fuse"] },
};
const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` };

/** Why this machine has no such disk, or undefined where it has. */
export function foldingRefusal(kind: FoldingDisk): string | undefined {
  const tools = [folding[kind].make[0], folding[kind].mount[0]].map((tool) => `command -v ${tool}`).join(" && ");
  return mountRefusal ?? probe(() => execFileSync("sh", ["-c", tools], { stdio: "pipe", env }));
}

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

/** A disk that takes names which differ in case for one. */
export function mountFolding(kind: FoldingDisk): string {
  const folder = scratch();
  const image = join(folder, "image");
  const disk = join(folder, "disk");
  const run = ([tool = "", ...args]: string[], ...more: string[]) =>
    execFileSync(tool, [...args, ...more], { env, stdio: "pipe" });
  mkdirSync(disk);
  writeFileSync(image, Buffer.alloc(8 * 1024 * 1024));
  run(folding[kind].make, image);
  const device = run(["losetup"], "-f", "--show", image).toString().trim();
  onTestFinished(() => void run(["losetup"], "-d", device));
  run(folding[kind].mount, device, disk);
  onTestFinished(() => void run(["umount"], disk));
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
