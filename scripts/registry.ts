// An npm registry for tests, on a free loopback port: it serves the packed tarballs of this checkout's public packages, and sends
// every other request on to the registry that npm has here. So `npm install @glacier/core` installs what this checkout would publish.
//
//   node scripts/registry.ts                     start it, print how to use it, stay until Ctrl-C
//   node scripts/registry.ts -- npm install …    run a command (in this folder) with npm pointed at it, then stop
//
// In a test: `await using registry = await startRegistry()`, and `env: { ...process.env, ...registry.env }` for whoever calls npm.
// Packages must be built; pnpm must be on the PATH (it is under `pnpm exec`, `pnpm run` and scripts/bootstrap.mjs).
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { type Manifest, pack, publicPackages } from "./pack.ts";

export interface TestRegistry extends AsyncDisposable {
  /** Its address, `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** What points npm at it, to be added to the environment of whoever calls npm. */
  readonly env: Readonly<Record<string, string>>;
  /** The manifests of the packages that it serves, as packed. */
  readonly packages: readonly Manifest[];
  /** Ends the server and deletes the tarballs. */
  stop(): Promise<void>;
}

/**
 * Packs every public package and serves them.
 *
 * @throws Error when a package is not built, or its dist is older than its sources.
 */
export async function startRegistry(): Promise<TestRegistry> {
  const folder = mkdtempSync(join(tmpdir(), "glacier-registry-"));
  try {
    const packages = new Map<string, Served>();
    for (const one of publicPackages()) {
      const { manifest, tarball } = await pack(one, folder);
      const body = readFileSync(tarball);
      packages.set(manifest.name, { manifest, body, path: `/${manifest.name}/-/${digest("sha1", body, "hex")}.tgz` });
    }
    const { url, close } = await serve(packages, npmConfig("registry"));
    const stop = async (): Promise<void> => {
      await close();
      rmSync(folder, { recursive: true, force: true });
    };
    return {
      url,
      env: { npm_config_registry: url, npm_config_cache: privateCache(folder), npm_config_audit: "false" },
      packages: [...packages.values()].map(({ manifest }) => manifest),
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

interface Served {
  readonly manifest: Manifest;
  readonly body: Buffer;
  readonly path: string;
}

async function serve(
  packages: ReadonlyMap<string, Served>,
  upstream: string,
): Promise<Pick<TestRegistry, "url"> & { close(): Promise<void> }> {
  const tarballs = new Map([...packages.values()].map(({ path, body }) => [path, body]));
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "/");
    const tarball = tarballs.get(path);
    if (tarball !== undefined) return answer(response, "application/octet-stream", tarball);
    const served = packages.get(path.slice(1));
    if (served !== undefined) return answer(response, "application/json", JSON.stringify(packument(url, served)));
    response.writeHead(307, { location: new URL(`.${request.url}`, upstream).href }).end();
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url, close };
}

/** npm must not keep it: another checkout's package of the same version may be here on the same port tomorrow. */
function answer(response: ServerResponse, type: string, body: string | Buffer): void {
  response.writeHead(200, { "content-type": type, "cache-control": "no-store" }).end(body);
}

/** What a registry says of a package: https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md */
function packument(url: string, { manifest, body, path }: Served): object {
  const { name, version } = manifest;
  const dist = {
    tarball: url + path,
    integrity: `sha512-${digest("sha512", body, "base64")}`,
    shasum: digest("sha1", body, "hex"),
  };
  return {
    name,
    "dist-tags": { latest: version },
    versions: { [version]: { ...manifest, _id: `${name}@${version}`, dist } },
  };
}

/**
 * A cache folder of our own, since npx keeps what it has installed there by name and version; what npm has downloaded is shared with
 * npm's own cache, since it is kept by content and by the address it came from.
 */
function privateCache(folder: string): string {
  const shared = join(npmConfig("cache"), "_cacache");
  const cache = join(folder, "cache");
  mkdirSync(shared, { recursive: true });
  mkdirSync(cache);
  symlinkSync(shared, join(cache, "_cacache"), "junction");
  return cache;
}

function npmConfig(name: string): string {
  return execFileSync("npm", ["config", "get", name], { encoding: "utf8", shell: process.platform === "win32" }).trim();
}

function digest(algorithm: string, body: Buffer, encoding: "hex" | "base64"): string {
  return createHash(algorithm).update(body).digest(encoding);
}

/** Runs a command with npm pointed at the registry; gives its exit code. */
async function runWith(registry: TestRegistry, [command = "", ...args]: readonly string[]): Promise<number> {
  const child = spawn(command, args, { env: { ...process.env, ...registry.env }, stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

if (import.meta.main) {
  const [dashes, ...command] = process.argv.slice(2);
  await using registry = await startRegistry();
  if (dashes === "--" && command.length > 0) {
    process.exitCode = await runWith(registry, command);
  } else {
    for (const { name, version } of registry.packages) console.log(`${name}@${version}`);
    console.log("\nnpm installs them with:\n");
    for (const [name, value] of Object.entries(registry.env)) console.log(`export ${name}=${value}`);
    console.log("\nCtrl-C ends it.");
    await new Promise((resolve) => process.once("SIGINT", resolve).once("SIGTERM", resolve));
  }
}
