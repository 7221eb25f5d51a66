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
  /**
   * Where secrets are looked up, and what commands and worker threads see as their environment. Default: this process's own.
   * Isolated functions and containers see only what their `compute` gives them.
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A Docker engine on this machine. */
export interface DockerConnection {
  readonly socketPath?: string;
  readonly host?: string;
  readonly port?: number;
  /** A client of your own, made with the package `dockerode`: for TLS, SSH or what else the options here don't say. */
  readonly client?: object;
}

/** Where data and state of an executor go. Errors: `OPTION_INVALID`. */
export function storageOf({ storage }: LocalExecutorOptions): { data: StorageResource; state: StorageResource } {
  if (storage === undefined) return { data: folder(".glacier/data"), state: folder(".glacier") };
  if (storage === "memory") {
    const id = crypto.randomUUID();
    return { data: memoryOf(`data ${id}`), state: memoryOf(`state ${id}`) };
  }
  return { data: folder(storage), state: folder(`${storage.replace(/\/+$/, "")}/.glacier`) };
}

const checks: {
  readonly [K in keyof Required<LocalExecutorOptions>]: { accepts(value: unknown): boolean; readonly hint: string };
} = {
  storage: {
    accepts: (value) => typeof value === "string" && value !== "" && !value.includes("\0"),
    hint: 'Give the path of a folder, or "memory".',
  },
  concurrency: {
    accepts: (value) => Number.isInteger(value) && Number(value) > 0,
    hint: "Give a whole number above 0: how many attempts run side by side.",
  },
  docker: {
    accepts: (value) =>
      isRecord(value) && Object.entries(value).every(([name, part]) => dockerParts[name]?.includes(typeof part)),
    hint: "Give { socketPath }, { host, port }, or { client }: a dockerode instance of your own.",
  },
  env: {
    accepts: (value) =>
      isRecord(value) && Object.values(value).every((part) => part === undefined || typeof part === "string"),
    hint: "Give an object of strings, such as process.env.",
  },
};

const dockerParts: Readonly<Record<string, readonly string[]>> = {
  socketPath: ["string", "undefined"],
  host: ["string", "undefined"],
  port: ["number", "undefined"],
  client: ["object", "undefined"],
};

/** Options may come from a config file, so types are no promise. Errors: `OPTION_INVALID`; never with a value in it. */
export function checkOptions(options: LocalExecutorOptions): void {
  if (!isRecord(options)) throw invalid("its options are no object", "Give an object, or nothing.");
  for (const [name, value] of Object.entries(options)) {
    const check = (checks as Partial<Record<string, (typeof checks)["storage"]>>)[name];
    if (check === undefined) {
      throw invalid(`there is no option "${name}"`, `The options are ${Object.keys(checks).join(", ")}.`);
    }
    if (value !== undefined && !check.accepts(value)) throw invalid(`its option "${name}" is not valid`, check.hint);
  }
}

function folder(basePath: string): LocalFsResource {
  return { kind: "localFs", basePath };
}

/** Named, so that every run of one executor finds what the run before it left. */
function memoryOf(name: string): MemoryResource {
  return { kind: "memory", name };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function invalid(what: string, hint: string): GlacierError {
  return new GlacierError("OPTION_INVALID", { message: `LocalExecutor: ${what}`, hint });
}
