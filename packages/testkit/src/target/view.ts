import type { PlanDataset } from "@glacier/core";

/** What the files of a compilation say, as their provider reads it out of them; never out of the plan. */
export interface TargetView {
  /** Every task that the files run, and the tasks that it waits for. */
  readonly tasks: Readonly<Record<string, { readonly after: readonly string[] }>>;
  /**
   * Every name that the files give to something, once for each thing. `legal` holds for the whole name, `maxLength` counts
   * characters; `what` is the kind of thing, within which a name is there once. `global`: other pipelines' files live beside
   * it (in an account, a cluster), so that no other pipeline or tenant may give that name to a thing of its own.
   */
  readonly names: readonly {
    readonly name: string;
    readonly legal: RegExp;
    readonly maxLength?: number;
    readonly what: string;
    readonly global?: boolean;
  }[];
  /** When the files start the pipeline by themselves, in the plan's own terms; absent where they don't. */
  readonly schedule?: { readonly cron: string; readonly timeZone: string };
  /**
   * Whether the files let a task do that to the object of a dataset: `key` in `storage`. Asked for every task and every dataset,
   * those of other tenants too. A task that may write an object may also read it or not, as the target likes: a commit
   * compares etags.
   */
  may(task: string, action: "read" | "write", dataset: PlanDataset): boolean;
  /** Names of the secrets that a task can read. */
  secrets(task: string): readonly string[];
}
