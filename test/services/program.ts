import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

/** The path of a program, or undefined where it isn't installed. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** A port on loopback that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** Waits until `ready` succeeds, asking every 100 ms, 30 seconds at most. */
export async function untilReady(ready: () => unknown): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await ready();
      return;
    } catch (error) {
      if (attempt === 300) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
