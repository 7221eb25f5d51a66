import { execFileSync, spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findProgram, untilReady } from "./program.ts";

/** A Docker engine of the tests' own. */
export interface DockerService {
  readonly socketPath: string;
  /** Runs the docker client against it. */
  docker(...args: string[]): string;
  stop(): Promise<void>;
}

/** Image with this machine's Node and a shell. */
export const nodeImage = "glacier-test/node:1";
/** Image with a shell and some tools, without Node. */
export const shellImage = "glacier-test/shell:1";

/** Why a suite's container tests are skipped: no Docker engine can be started here. Says so once; in CI that is a failure. */
export function dockerMissing(): string | undefined {
  const missing = whatIsMissing();
  if (missing === undefined) return undefined;
  if (process.env["CI"] === "true") throw new Error(missing);
  console.warn(`container tests are skipped: ${missing}`);
  return missing;
}

function whatIsMissing(): string | undefined {
  if (process.platform !== "linux") return "the tests' own Docker engine runs on Linux only";
  if (process.getuid?.() !== 0) return "starting a Docker engine needs root";
  if (findProgram("dockerd") === undefined)
    return "dockerd is not installed: apt-get install --no-install-recommends docker.io iptables";
  return undefined;
}

/** Starts dockerd on a socket of its own and imports two images made of this machine's programs: nothing can be pulled. */
export async function startDocker(options: readonly string[] = []): Promise<DockerService> {
  const folder = mkdtempSync(join(tmpdir(), "glacier-docker-"));
  const socketPath = join(folder, "docker.sock");
  const daemon = spawn(
    findProgram("dockerd") as string,
    [
      "--data-root",
      join(folder, "data"),
      "--exec-root",
      join(folder, "exec"),
      "--pidfile",
      join(folder, "docker.pid"),
      "-H",
      `unix://${socketPath}`,
      "--bridge=none",
      "--iptables=false",
      "--ip6tables=false",
      ...options,
    ],
    { stdio: "ignore", detached: true },
  );
  const exited = new Promise<void>((resolve) => daemon.once("exit", () => resolve()));
  const docker = (...args: string[]) =>
    execFileSync("docker", ["-H", `unix://${socketPath}`, ...args], { encoding: "utf8", stdio: "pipe" });
  const service: DockerService = {
    socketPath,
    docker,
    async stop() {
      daemon.kill("SIGTERM");
      await exited;
      unmount(join(folder, "exec", "netns", "default"));
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  try {
    await untilReady(() => docker("version"));
    importImage(docker, folder, nodeImage, ["sh", "cat", "wc", "sleep", "id", "env"], true);
    importImage(docker, folder, shellImage, ["sh", "cat", "wc", "sleep"], false);
  } catch (error) {
    await service.stop();
    throw error;
  }
  return service;
}

/** The engine leaves the network namespace of containers on the host's network mounted. */
function unmount(path: string): void {
  if (existsSync(path)) spawnSync("umount", [path], { stdio: "ignore" });
}

/** A root file system of programs and the libraries that they need. */
function importImage(
  docker: DockerService["docker"],
  folder: string,
  tag: string,
  programs: readonly string[],
  withNode: boolean,
): void {
  const root = join(folder, tag.replace(/\W/g, "_"));
  mkdirSync(join(root, "bin"), { recursive: true });
  mkdirSync(join(root, "etc"));
  mkdirSync(join(root, "tmp"), { mode: 0o1777 });
  execFileSync("chmod", ["1777", join(root, "tmp")]);
  writeFileSync(join(root, "etc", "passwd"), "root:x:0:0:root:/tmp:/bin/sh\n");
  const files = programs.map((name): [string, string] => [findProgram(name) as string, join("bin", name)]);
  if (withNode) files.push([process.execPath, join("bin", "node")]);
  for (const [source, target] of files) {
    copyFileSync(source, join(root, target));
    for (const library of librariesOf(source)) {
      const place = join(root, library);
      if (existsSync(place)) continue;
      mkdirSync(dirname(place), { recursive: true });
      copyFileSync(library, place);
    }
  }
  const archive = `${root}.tar`;
  execFileSync("tar", ["-C", root, "-cf", archive, "."]);
  docker("import", "--change", "ENV PATH=/bin", archive, tag);
  rmSync(root, { recursive: true });
  rmSync(archive);
}

function librariesOf(program: string): string[] {
  const lines = execFileSync("ldd", [program], { encoding: "utf8" }).split("\n");
  return lines.flatMap((line) => /(\/\S+)/.exec(line.split("=>").at(-1) ?? "")?.[1] ?? []);
}
