import { GlacierError, type LocalFsResource, type MemoryResource, type StorageResource } from "@glacier/core";

/** Options of a `LocalExecutor`. */
export interface LocalExecutorOptions {
  /**
   * Where datasets without storage of their own go: a folder (then manifests and journals are in its `.glacier`), or
   * `"memory"` (gone with the process). Default: `.glacier/data`, with manifests and journals in `.glacier`.
   */
  readonly storage?: string;
  /** Attempts side by side. Default 16. */
  readonly concurrency?: number;
  /** How to reach Docker. Default: `DOCKER_HOST`, else `/var/run/docker.sock`. */
  readonly docker?: DockerConnection;
}

/** A Docker engine. */
export interface DockerConnection {
  readonly socketPath?: string;
  readonly host?: string;
  readonly port?: number;
}

/** Where data and state of an executor go. Errors: `OPTION_INVALID`. */
export function storageOf(options: LocalExecutorOptions): { data: StorageResource; state: StorageResource } {
  const { storage, concurrency } = options;
  if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency > 0)) {
    throw invalid(
      `concurrency is ${String(concurrency)}`,
      "Give a whole number above 0: how many attempts run side by side.",
    );
  }
  if (storage === undefined) return { data: folder(".glacier/data"), state: folder(".glacier") };
  if (typeof storage !== "string" || storage === "") {
    throw invalid("storage is not a folder", 'Give the path of a folder, or "memory".');
  }
  if (storage === "memory") {
    const id = crypto.randomUUID();
    return { data: memoryOf(`data ${id}`), state: memoryOf(`state ${id}`) };
  }
  return { data: folder(storage), state: folder(`${storage.replace(/\/+$/, "")}/.glacier`) };
}

function folder(basePath: string): LocalFsResource {
  return { kind: "localFs", basePath };
}

/** Named, so that every run of one executor finds what the run before it left. */
function memoryOf(name: string): MemoryResource {
  return { kind: "memory", name };
}

function invalid(what: string, hint: string): GlacierError {
  return new GlacierError("OPTION_INVALID", { message: `LocalExecutor: ${what}`, hint });
}
