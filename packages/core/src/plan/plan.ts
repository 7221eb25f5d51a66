import type { ComputeResource } from "../compute/resource.ts";
import type { Shape } from "../format/format.ts";
import type { Json } from "../json.ts";
import type { StorageResource } from "../storage/resource.ts";

/** A pipeline bound to one environment, as plain JSON: the only thing that targets compile from and executors run from. */
export interface Plan {
  readonly version: 1;
  readonly pipeline: string;
  readonly tenant?: string;
  readonly schedule?: { readonly cron: string; readonly timeZone: string };
  /** The state root: manifests and run journals live here. */
  readonly state: StorageResource;
  /** In execution order: a task stands after all tasks it depends on; ties by name. */
  readonly tasks: readonly PlanTask[];
  /** By name. */
  readonly datasets: readonly PlanDataset[];
  /** Which task feeds which, through which dataset; sorted. */
  readonly edges: readonly PlanEdge[];
}

/** One task of a {@link Plan}. */
export interface PlanTask {
  readonly name: string;
  readonly form: "function" | "command";
  /** Dataset names by the names the handler knows them under. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Dataset names by the names the handler returns them under; a single output stands under `output`. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Whether the handler returns the output itself rather than a record of outputs. */
  readonly single: boolean;
  /** Absent: the default of whoever runs or compiles it. */
  readonly compute?: ComputeResource;
  readonly command?: readonly string[];
  readonly retry: RetryPolicy;
  /** Seconds. */
  readonly timeout?: number;
  readonly onInvalid: "fail" | "skip" | { readonly quarantine: string };
  /** Secret references by the names the handler knows them under; never values. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** How often and how soon a failed attempt is repeated. */
export interface RetryPolicy {
  /** Further attempts after the first. */
  readonly max: number;
  /** Seconds before the first retry; doubles (`factor`) each time. */
  readonly delay: number;
  readonly factor: number;
  /** Seconds; no wait is longer. */
  readonly maxDelay: number;
  /** 0 to 1: the share of each wait that is random. */
  readonly jitter: number;
}

/** One dataset of a {@link Plan}, bound to its storage. */
export interface PlanDataset {
  readonly name: string;
  readonly shape: Shape;
  readonly format: { readonly name: string; readonly options?: { readonly [key: string]: Json } };
  readonly extension: string;
  readonly contentType: string;
  /** The binding: override > the dataset's own > the executor's or target's default. */
  readonly storage: StorageResource;
  /** Where the object is, relative to the storage's root. */
  readonly key: string;
  /** The producing task; absent for a source. */
  readonly producer?: string;
  /** Consuming tasks, sorted. */
  readonly consumers: readonly string[];
  readonly hasSchema: boolean;
  readonly metadata?: { readonly [key: string]: Json };
}

/** `to` takes a dataset that `from` produces. */
export interface PlanEdge {
  readonly from: string;
  readonly to: string;
  readonly dataset: string;
}
