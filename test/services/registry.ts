import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram, freePort, untilReady } from "./program.ts";

/** A container registry: the reference one, with its files in a temporary folder. Docker takes one on loopback without TLS. */
export interface RegistryService {
  /** `127.0.0.1:<port>`. */
  readonly host: string;
  readonly credentials: { readonly username: string; readonly password: string };
  /** Tags of a repository. */
  tags(repository: string): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** Why a suite that pushes images is skipped. Says so once; in CI that is a failure. */
export function registryMissing(): string | undefined {
  if (findProgram("docker-registry") !== undefined) return undefined;
  const missing = "docker-registry is not installed: apt-get install docker-registry";
  if (process.env["CI"] === "true") throw new Error(missing);
  console.warn(`tests that push images are skipped: ${missing}`);
  return missing;
}

/** bcrypt of the password below. */
const hash = "$2b$04$X1urvfBOeOn.enNerVzrS.rJ3Y/QSk3TW34gLoJ6AU/pQLCy9G5hS";
const credentials = { username: "test", password: "s3cret-word" };

/** Starts a registry on a free loopback port; it takes one login. */
export async function startRegistry(): Promise<RegistryService> {
  const folder = mkdtempSync(join(tmpdir(), "glacier-registry-"));
  const host = `127.0.0.1:${await freePort()}`;
  const config = join(folder, "config.yml");
  const users = join(folder, "htpasswd");
  writeFileSync(users, `${credentials.username}:${hash}\n`);
  writeFileSync(
    config,
    `version: 0.1\nlog: { level: error }\nstorage: { filesystem: { rootdirectory: ${join(folder, "data")} } }\nhttp: { addr: "${host}" }\nauth: { htpasswd: { realm: test, path: ${users} } }\n`,
  );
  const server = spawn(findProgram("docker-registry") as string, ["serve", config], { stdio: "ignore" });
  const exited = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  const service: RegistryService = {
    host,
    credentials,
    async tags(repository) {
      const authorization = `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64")}`;
      const answer = await fetch(`http://${host}/v2/${repository}/tags/list`, { headers: { authorization } });
      return answer.ok ? (((await answer.json()) as { tags: string[] | null }).tags ?? []) : [];
    },
    async stop() {
      server.kill("SIGTERM");
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await untilReady(() => fetch(`http://${host}/v2/`));
  } catch (error) {
    await service.stop();
    throw error;
  }
  return service;
}
