import {
  describeThrown,
  deserializeError,
  GlacierError,
  isGlacierError,
  type SerializedError,
} from "../errors/index.ts";
import { criticalPath, skipTheRest } from "./ends.ts";
import type { EventSink, RunEvent } from "./events.ts";
import type { ExecutionContext, Executor, PipelineRun } from "./executor.ts";
import type { PreparedRun } from "./prepare.ts";
import type { ScheduleResult, TaskOutcome } from "./schedule.ts";

/** How a run ended that an engine walked; with `error` it failed outside of its tasks. */
export interface EngineResult extends ScheduleResult {
  readonly error?: GlacierError;
}

/** Has an executor's own engine walk the graph; what came of each task follows from its events. Never rejects. */
export async function runOnEngine(
  executor: Executor & Required<Pick<Executor, "runPipeline">>,
  { runId, tasks, dependencies }: PreparedRun,
  run: PipelineRun,
  context: ExecutionContext,
): Promise<EngineResult> {
  const { emit } = context;
  const tracker = new Tracker(emit);
  const { status, error } = await executor.runPipeline(run, { ...context, emit: (event) => tracker.take(event) }).then(
    (status) => ({ status, error: undefined }),
    (thrown: unknown) =>
      isGlacierError(thrown, "CANCELLED")
        ? // Whoever cancelled it here knows why.
          { status: "cancelled" as const, error: context.signal.aborted ? undefined : thrown }
        : { status: "failed" as const, error: isGlacierError(thrown) ? thrown : internal(executor.name, thrown) },
  );
  tracker.cancelTheRest(runId);
  const ends = { runId, tasks, dependencies, emit };
  const outcomes = skipTheRest(
    ends,
    tasks.map(({ name }) => tracker.outcomes.get(name)),
  );
  const lost =
    error === undefined && contradicts(status, outcomes)
      ? internal(executor.name, `it says that run ${runId} ${status}, and its tasks say otherwise`)
      : error;
  return {
    status: lost === undefined || status === "cancelled" ? status : "failed",
    outcomes,
    criticalPath: criticalPath(outcomes, dependencies),
    ...(lost !== undefined && { error: lost }),
  };
}

/** Reads outcomes off the events as they pass. */
class Tracker {
  readonly outcomes = new Map<string, TaskOutcome>();
  readonly #underWay = new Map<string, { startedAt: number; attempt: number }>();
  readonly #emit: EventSink;

  constructor(emit: EventSink) {
    this.#emit = emit;
  }

  take(event: RunEvent): void {
    this.#emit(event);
    switch (event.type) {
      case "attempt.started": {
        const { task, attempt, time } = event;
        this.#underWay.set(task, { startedAt: this.#underWay.get(task)?.startedAt ?? time, attempt });
        break;
      }
      case "task.succeeded":
        this.#end(event.task, "succeeded", event.durationMs);
        break;
      case "task.failed":
        this.#end(event.task, "failed", event.durationMs, event.error);
        break;
      case "task.cancelled":
        this.#end(event.task, "cancelled", event.time - (this.#underWay.get(event.task)?.startedAt ?? event.time));
        break;
      case "task.skipped":
        this.#end(event.task, event.reason === "committed" ? "committed" : "skipped", 0);
    }
  }

  cancelTheRest(runId: string): void {
    for (const [task, { attempt }] of [...this.#underWay]) {
      this.take({ type: "task.cancelled", runId, time: Date.now(), task, attempt });
    }
  }

  #end(task: string, status: TaskOutcome["status"], durationMs: number, error?: SerializedError): void {
    const { startedAt = 0, attempt: attempts = 0 } = this.#underWay.get(task) ?? {};
    this.#underWay.delete(task);
    const failure = error === undefined ? {} : { error: deserializeError(error) };
    this.outcomes.set(task, { status, attempts, startedAt, durationMs, ...failure });
  }
}

function contradicts(status: ScheduleResult["status"], outcomes: readonly TaskOutcome[]): boolean {
  if (status === "failed") return outcomes.every((outcome) => outcome.status !== "failed");
  return status === "succeeded" && outcomes.some((outcome) => !["succeeded", "committed"].includes(outcome.status));
}

function internal(executor: string, thrown: unknown): GlacierError {
  return new GlacierError("INTERNAL", {
    message: `executor "${executor}": ${describeThrown(thrown)}`,
    hint: "This is a defect of the executor: report it to its author.",
    cause: thrown,
  });
}
