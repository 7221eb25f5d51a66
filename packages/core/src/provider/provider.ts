import type { RawFormat, RowsFormat, ValueFormat } from "../format/format.ts";
import type { Json } from "../json.ts";
import type { Executor } from "../run/executor.ts";
import type { StorageFactory } from "../storage/adapter.ts";
import type { Target } from "./target.ts";

/**
 * The version of everything that providers implement: adapters, executors, targets, formats. It changes when a provider that
 * was written for the old one no longer works.
 */
export const contractVersion = 1;

/** One plugin: adapters, executors, targets and formats under a name. An annotated object literal, nothing else. */
export interface Provider {
  readonly name: string;
  /** The contract it was written for: the number itself, not core's constant. */
  readonly contract: typeof contractVersion;
  /**
   * `import.meta.url` of the module that exports it: where worker threads, isolated functions and containers find it.
   * Without it the provider's storage works in process only.
   */
  readonly module?: string;
  /** Adapter factories by storage kind. */
  // biome-ignore lint/suspicious/noExplicitAny: each factory takes its own resource; the registry matches them by kind
  readonly storage?: Readonly<Record<string, StorageFactory<any>>>;
  /** Executor factories by executor name. Options come from the config, so they are JSON. */
  readonly executors?: Readonly<Record<string, (options?: Record<string, unknown>) => Executor>>;
  readonly targets?: Readonly<Record<string, (options?: Record<string, unknown>) => Target>>;
  /** Format factories by format name. */
  readonly formats?: Readonly<Record<string, FormatFactory>>;
}

/** Builds a format from what its `options` were. */
export type FormatFactory = (options?: {
  readonly [key: string]: Json;
}) => RowsFormat | ValueFormat | RawFormat<"bytes"> | RawFormat<"file">;
