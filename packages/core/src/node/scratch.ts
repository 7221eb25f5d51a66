import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { GlacierError } from "../errors/index.ts";
import type { ByteSource } from "../format/format.ts";
import type { Scratch } from "../run/runtime.ts";

const chunkSize = 1024 * 1024;

/** A private temporary folder (mode 0700). Errors: `STORAGE_FULL`, `PERMISSION_DENIED`, `NOT_FOUND`, `STORAGE_FAILED`. */
export async function createScratch(parent: string = tmpdir()): Promise<Scratch> {
  const path = await mapped(parent, () => mkdtemp(join(parent, "glacier-")));
  return {
    path,
    async save(name, body) {
      const target = join(path, name);
      await mapped(target, () => pipeline(Readable.from(body), createWriteStream(target)));
      return target;
    },
    async open(file): Promise<ByteSource> {
      const { size } = await mapped(file, async () => {
        const handle = await open(file);
        try {
          const info = await handle.stat();
          if (!info.isFile()) throw Object.assign(new Error("not a file"), { code: "ENOENT" });
          return info;
        } finally {
          await handle.close();
        }
      });
      return {
        size,
        stream: () => createReadStream(file, { highWaterMark: chunkSize }),
        async range(start, end) {
          const handle = await open(file);
          try {
            const { buffer, bytesRead } = await handle.read(new Uint8Array(Math.max(0, Math.min(end, size) - start)), {
              position: start,
            });
            return buffer.subarray(0, bytesRead);
          } finally {
            await handle.close();
          }
        },
      };
    },
    dispose: () => rm(path, { recursive: true, force: true }),
  };
}

async function mapped<T>(path: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code in hints) {
      const [glacierCode, hint] = hints[code] as (typeof hints)[string];
      throw new GlacierError(glacierCode, { message: `${path}: ${code}`, hint, cause: error });
    }
    throw error;
  }
}

const hints: Readonly<Record<string, readonly ["NOT_FOUND" | "PERMISSION_DENIED" | "STORAGE_FULL", string]>> = {
  ENOENT: ["NOT_FOUND", "Check the path."],
  EACCES: ["PERMISSION_DENIED", "Give this process access, or point TMPDIR at a folder it may write."],
  EROFS: ["PERMISSION_DENIED", "Point TMPDIR at a folder that can be written."],
  ENOSPC: ["STORAGE_FULL", "Make room, or point TMPDIR at a larger disk."],
};
