import { createHash } from "node:crypto";
import {
  describeThrown,
  deserializeError,
  type ExecutionContext,
  findTask,
  type GlacierError,
  type Plan,
  type RunEvent,
  type TaskInvocation,
} from "@glacier/core";
import { type RemoteAttempt, sleep, writePins } from "@glacier/core/execute";
import { clusterName } from "../names.ts";
import type { Clients } from "./clients.ts";
import type { Deployed } from "./deployed.ts";
import { type Network, runContainer } from "./ecs.ts";
import { runFunction } from "./lambda.ts";
import { networkOf } from "./network.ts";
import { isOwn, openSegments, type Segments } from "./segments.ts";
import { type TaskWatch, watchTasks } from "./task-watch.ts";

/** One attempt, as its function or container is asked for it. */
export interface DirectAttempt {
  readonly plan: Plan;
  readonly request: RemoteAttempt;
  readonly signal: AbortSignal;
  /** The same for the same attempt, and for no other: up to 64 characters. */
  readonly token: string;
  /** Takes what the service says of the attempt, for people. */
  note(text: string): void;
  /** Logs what somebody has to see to. */
  warn(message: string): void;
}

/** Runs attempts that Glacier's own scheduler asks for. */
export interface Direct {
  execute(invocation: TaskInvocation, context: ExecutionContext): Promise<void>;
  /** Forgets runs that are over. */
  close(): void;
}

/** What the attempts of one run share. */
interface DirectRun {
  /** What the names of the attempts' segments begin with: no other start of this run has it. */
  readonly segment: string;
  readonly segments: Segments;
  readonly listeners: Set<() => void>;
  looking: boolean;
  network: Promise<Network> | undefined;
  watch: TaskWatch | undefined;
}

/** Milliseconds between looks at what attempts write. */
const pause = 1000;

export function createDirect(clients: Clients, lookUp: (plan: Plan) => Promise<Deployed>): Direct {
  const runs = new Map<string, Promise<DirectRun>>();

  function runOf({ runId, sources }: TaskInvocation, { plan, registry }: ExecutionContext): Promise<DirectRun> {
    const name = JSON.stringify([plan.tenant, plan.pipeline, runId]);
    let run = runs.get(name);
    if (run === undefined) {
      // Below a folder: no part of the run's journal, into which the scheduler's own writes them.
      const segment = `attempts/${Date.now()}`;
      const segments = openSegments(plan, runId, registry, segment);
      const opened: DirectRun = {
        segment,
        segments,
        listeners: new Set(),
        looking: false,
        network: undefined,
        watch: undefined,
      };
      run = writePins(plan, runId, sources, registry).then(() => opened);
      run.catch(() => runs.delete(name));
      runs.set(name, run);
    }
    return run;
  }

  return {
    async execute(invocation, context) {
      const { runId, task, attempt, params, selected } = invocation;
      const { plan, signal } = context;
      const run = await runOf(invocation, context);
      const request = { task, attempt, run: { runId, params, segment: run.segment, selected } };
      const ear = listen(request, run, context);
      const started: DirectAttempt = {
        plan,
        request,
        signal,
        token: tokenOf(plan, request),
        note: ear.note,
        warn: ear.warn,
      };
      let failure: { readonly error: unknown } | undefined;
      try {
        if (findTask(plan.tasks, task).compute?.kind === "container") {
          run.network ??= lookUp(plan).then((deployed) => networkOf(plan, deployed, clients));
          run.watch ??= watchTasks(clusterName(plan), clients);
          await runContainer(started, await run.network, run.watch, clients);
        } else await runFunction(started, clients);
      } catch (error) {
        failure = { error };
      }
      const own = await ear.end();
      if (failure !== undefined) throw signal.aborted ? failure.error : (own ?? failure.error);
    },
    close: () => runs.clear(),
  };
}

/** Passes on what an attempt says of itself while it runs; at its end all of it, and answers the error that it gave itself. */
function listen({ task, attempt, run: { runId } }: RemoteAttempt, run: DirectRun, { emit }: ExecutionContext) {
  const counts = { rowsRead: 0, bytesRead: 0, rowsWritten: 0, bytesWritten: 0 };
  let own: GlacierError | undefined;
  let note: string | undefined;
  const hear = (event: RunEvent): void => {
    if (event.type === "attempt.failed") own = deserializeError(event.error);
    if (!isOwn(event)) return;
    if (event.type === "dataset.read") {
      counts.rowsRead += event.rows ?? 0;
      counts.bytesRead += event.bytes;
    } else if (event.type === "dataset.written") {
      counts.rowsWritten += event.rows ?? 0;
      counts.bytesWritten += event.bytes;
    }
    emit(event);
  };
  const deliver = () => run.segments.take(task, attempt).forEach(hear);
  const warn = (message: string): void =>
    emit({ type: "log", runId, time: Date.now(), task, attempt, level: "warn", message });
  run.listeners.add(deliver);
  if (!run.looking) void lookRegularly(run);
  return {
    warn,
    note(text: string): void {
      note = text;
    },
    async end(): Promise<GlacierError | undefined> {
      run.listeners.delete(deliver);
      try {
        await run.segments.refresh();
        deliver();
      } catch (error) {
        warn(`what the attempt said can't be read: ${describeThrown(error)}`);
      }
      if (note !== undefined) emit({ type: "task.progress", runId, time: Date.now(), task, attempt, ...counts, note });
      return own;
    },
  };
}

/** As long as any attempt is under way. What fails here is tried again, at the latest at an attempt's end. */
async function lookRegularly(run: DirectRun): Promise<void> {
  run.looking = true;
  await sleep(pause);
  while (run.listeners.size > 0) {
    await run.segments.refresh().catch(() => {});
    for (const deliver of run.listeners) deliver();
    await sleep(pause);
  }
  run.looking = false;
}

function tokenOf({ tenant, pipeline }: Plan, { task, attempt, run: { runId, segment } }: RemoteAttempt): string {
  return createHash("sha256")
    .update(JSON.stringify([tenant, pipeline, runId, segment, task, attempt]))
    .digest("hex");
}
