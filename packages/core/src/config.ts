import type { Provider } from "./provider/provider.ts";
import type { StorageResource } from "./storage/resource.ts";

/** What `glacier.config.ts` exports by default. */
export interface GlacierConfig {
  /** Providers to use; without it they are discovered among the project's dependencies. */
  readonly providers?: readonly Provider[];
  /** By name, for `--env`. */
  readonly environments?: Readonly<Record<string, Environment>>;
}

/** One place where pipelines run. */
export interface Environment {
  /** Default `local`. */
  readonly executor?: string;
  /** The executor's options. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Storage by dataset name, above the dataset's own. */
  readonly bindings?: Readonly<Record<string, StorageResource>>;
  readonly tenant?: string;
  /** Run parameters; the command line's come on top. */
  readonly params?: Readonly<Record<string, unknown>>;
}
