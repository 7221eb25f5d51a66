import type { ByteSource } from "../format/format.ts";
import type { LogLevel } from "./events.ts";

/** What core can't do without an operating system; `@glacier/core/node` has the one for Node. */
export interface TaskRuntime {
  /** The value of a secret, or undefined where there is none. */
  secret(name: string): Promise<string | undefined>;
  /** A private folder for one attempt's files. */
  scratch(): Promise<Scratch>;
  /** Runs a command task's command; rejects with `COMMAND_FAILED`, `TASK_TIMEOUT`, `CANCELLED`, `OUT_OF_MEMORY`… */
  command(invocation: CommandInvocation): Promise<void>;
  /** Hears of what the task's own code still does: the attempt's signal has fired, and nobody waits for it any more. */
  left?(doing: Promise<unknown>): void;
}

/** A folder that is gone, with all that is in it, after `dispose`. */
export interface Scratch {
  /** Absolute path of the folder. */
  readonly path: string;
  /** Stores a stream as a file of the folder; answers its absolute path. */
  save(name: string, body: AsyncIterable<Uint8Array>): Promise<string>;
  /** Opens any local file. Errors: `NOT_FOUND`, `PERMISSION_DENIED`. */
  open(path: string): Promise<ByteSource>;
  dispose(): Promise<void>;
}

/** One command to run. */
export interface CommandInvocation {
  readonly command: readonly string[];
  /** `GLACIER_INPUT_<NAME>`, `GLACIER_OUTPUT_<NAME>`, `GLACIER_RUN_ID`, `GLACIER_PARAMS` (JSON), and each secret under its variable's name. */
  readonly env: Readonly<Record<string, string>>;
  /** Holds every input and takes every output; the only folder that the command needs. */
  readonly scratch: Scratch;
  readonly signal: AbortSignal;
  log(level: LogLevel, message: string): void;
}
