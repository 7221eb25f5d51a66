import type { Json } from "../json.ts";
import type { AnyPipeline } from "../pipeline/types.ts";
import type { Plan } from "../plan/plan.ts";
import type { Provider } from "../provider/provider.ts";
import type { Registry } from "../provider/registry.ts";
import type { StorageResource } from "../storage/resource.ts";
import type { EventSink, RunStatus } from "./events.ts";

/**
 * Runs a pipeline's tasks on some engine, now. Core's scheduler owns order, concurrency, retries, timeouts,
 * cancellation and the run's own events, so an executor only runs one attempt of one task.
 */
export interface Executor<Supports extends string = string> {
  readonly name: string;
  /** Compute kinds that it can run. */
  readonly supports: readonly Supports[];
  /** Where datasets without storage of their own go. */
  readonly defaultStorage: StorageResource;
  /** Where manifests and run journals go. */
  readonly state: StorageResource;
  /** Providers that the executor itself needs; they join the run's registry. */
  readonly providers?: readonly Provider[];
  /** Attempts side by side, unless the run says otherwise. */
  readonly concurrency?: number;
  /**
   * Runs one attempt; resolves when its outputs are committed, rejects with a `GlacierError`.
   * Whatever it started is gone when it settles, also after `context.signal` fires.
   */
  execute(invocation: TaskInvocation, context: ExecutionContext): Promise<void>;
  /**
   * For an engine that walks the graph itself: with it core neither calls {@link execute} nor writes the journal, which is
   * then for the engine's own code to write. Starts the run there, or follows it where it was started before, and reports what
   * becomes of the tasks; the run's own first and last event, and the tasks that never started, are reported by core.
   * Resolves with how the run ended; when `context.signal` fires, it stops the run there first. Rejects with a `GlacierError`
   * where the run didn't start, or failed outside of its tasks; with `CANCELLED` where somebody else stopped it there; and with
   * `OPTION_INVALID` for what the engine can't do.
   */
  runPipeline?(run: PipelineRun, context: ExecutionContext): Promise<RunStatus>;
  /** What a task of this plan can't do here (a kind of compute, a storage out of reach), before anything runs. */
  check?(plan: Plan, pipeline: AnyPipeline, context: CheckContext): readonly Error[] | Promise<readonly Error[]>;
  /**
   * The same plan with what only the deployment knows: where the storage is that was made with it. Nothing else may differ.
   * Of a run it is asked for after {@link check}, and what it answers is what attempts get; whoever looks at runs and data
   * asks for it, too. Errors: `NOT_FOUND` where nothing is deployed, and what keeps it from being looked up.
   */
  bind?(plan: Plan): Promise<Plan>;
  /** Called when a run is over, however it ended, and no other is under way on this executor; others may follow. */
  close?(): Promise<void>;
}

/** What surrounds a check. */
export interface CheckContext {
  /** The plan with every task, also those that this run doesn't cover. */
  readonly whole: Plan;
  readonly registry: Registry;
}

/** All that identifies one attempt. Plain JSON; on any engine no data travels with it. */
export interface TaskInvocation {
  readonly runId: string;
  readonly task: string;
  /** From 1. */
  readonly attempt: number;
  readonly params: Json;
  /** Etags of the sources when the run began: a source replaced meanwhile is `DATASET_CHANGED`. */
  readonly sources: Readonly<Record<string, string>>;
  /** Tasks of this run. An input whose producer isn't among them may come from an earlier run. */
  readonly selected: readonly string[] | "all";
}

/** A run as an engine is asked for it. Plain JSON, like {@link TaskInvocation}; the engine looks up the etags of the sources itself. */
export interface PipelineRun {
  readonly runId: string;
  readonly params: Json;
  readonly selected: readonly string[] | "all";
  /** Goes on with this run, which has ended: what it committed and still matches is not to be done again. */
  readonly resumed: boolean;
  /** After a failure finish what doesn't depend on it. */
  readonly keepGoing: boolean;
  /** Attempts side by side; absent: as the engine likes. */
  readonly concurrency?: number;
}

/** What surrounds an attempt, or a run. */
export interface ExecutionContext {
  readonly plan: Plan;
  /** The live definitions: handlers and schemas. */
  readonly pipeline: AnyPipeline;
  readonly registry: Registry;
  /** Fires on timeout and on cancel. `signal.reason` is the `GlacierError` to reject with. */
  readonly signal: AbortSignal;
  readonly emit: EventSink;
}
