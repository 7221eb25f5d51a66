import type { Provider } from "./provider/provider.ts";
import type { StorageResource } from "./storage/resource.ts";

/** What `glacier.config.ts` exports by default. */
export interface GlacierConfig {
  /** Providers to use; without it they are discovered among the project's dependencies. */
  readonly providers?: readonly Provider[];
  /** By name, for `--env`. */
  readonly environments?: Readonly<Record<string, Environment>>;
}

/** One place where pipelines run, or that they are compiled for. */
export interface Environment {
  /** Default `local`. */
  readonly executor?: string;
  /** The executor's options. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** What `glacier compile` compiles to. */
  readonly target?: string;
  /** The target's options. */
  readonly targetOptions?: Readonly<Record<string, unknown>>;
  /** Storage by dataset name, above the dataset's own. */
  readonly bindings?: Readonly<Record<string, StorageResource>>;
  readonly tenant?: string;
  /** Run parameters; the command line's come on top. */
  readonly params?: Readonly<Record<string, unknown>>;
}
