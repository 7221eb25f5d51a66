import { spawn } from "node:child_process";
import { findProgram, freePort, untilReady } from "./program.ts";

/** moto (https://docs.getmoto.org): AWS's APIs in memory. It checks no signature, expiry or checksum, and no policy. */
export interface MotoService {
  /** `http://127.0.0.1:<port>`, for every service. */
  readonly endpoint: string;
  /** Makes a bucket with a name that no other has. */
  makeBucket(): Promise<string>;
  stop(): Promise<void>;
}

/** Why a suite that needs moto is skipped: it isn't installed. Says so once; in CI that is a failure. */
export function motoMissing(): string | undefined {
  if (findProgram("moto_server") !== undefined) return undefined;
  const missing = "moto_server is not installed: pip install 'moto[server]'";
  if (process.env["CI"] === "true") throw new Error(missing);
  console.warn(`AWS tests are skipped: ${missing}`);
  return missing;
}

/** Starts a server of the tests' own on a free loopback port. */
export async function startMoto(): Promise<MotoService> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  // Not the launcher of a Python version manager, which would outlive a signal: its own process group is stopped.
  const server = spawn(findProgram("moto_server") as string, ["-H", "127.0.0.1", "-p", String(port)], {
    stdio: "ignore",
    detached: true,
  });
  const exited = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  let buckets = 0;
  const service: MotoService = {
    endpoint,
    async makeBucket() {
      const bucket = `bucket-${++buckets}`;
      const made = await fetch(`${endpoint}/${bucket}`, { method: "PUT" });
      if (!made.ok) throw new Error(`moto made no bucket: ${made.status} ${await made.text()}`);
      return bucket;
    },
    async stop() {
      if (server.pid !== undefined && server.exitCode === null) process.kill(-server.pid, "SIGTERM");
      await exited;
    },
  };
  try {
    await untilReady(() => fetch(`${endpoint}/moto-api/`));
  } catch (error) {
    await service.stop();
    throw error;
  }
  return service;
}
