import { type GlacierError, isGlacierError, type RunOptions, type RunPreview } from "@glacier/core";
import { exitCodeFor, exitCodes } from "../command/exit-code.ts";
import type { Command, CommandContext, Output } from "../command/io.ts";
import { jsonReporter, liveReporter, plainReporter, quietReporter, type Reporter } from "../progress/reporter.ts";
import { createExecutor, type Project, registryFor, withBrokenProviders } from "../project/project.ts";
import { readParams } from "../run/params.ts";
import { resumeCommand } from "../run/resume-command.ts";
import { cancelOnSignal } from "../run/signals.ts";
import { catchUncaught } from "../run/uncaught.ts";
import { errorLines } from "../text/error.ts";
import { createStyle, wantsColor } from "../text/style.ts";
import { table } from "../text/table.ts";
import { resolveRunId } from "./runs.ts";
import { boundPlan, projectOf } from "./shared.ts";

/** `glacier run`: runs a pipeline and shows how it goes; with `--dry-run`, says what it would do. */
export const command: Command = async (context) => {
  const { args, out } = context;
  const project = await projectOf(context, args.positionals[0]);
  const options = await runOptions(project, context);
  const executor = createExecutor(project, args.text("executor"));
  if (!args.flag("dry-run")) return run(project, context, { ...options, executor });
  try {
    const preview = await project.pipeline.preview({ ...options, executor });
    out.lines(previewLines(preview, context));
    return exitCodes.done;
  } catch (error) {
    throw withBrokenProviders(error, project.providers);
  } finally {
    await executor.close?.();
  }
};

type AllOptions = Awaited<ReturnType<typeof runOptions>> & { readonly executor: ReturnType<typeof createExecutor> };

async function runOptions(project: Project, { args }: CommandContext) {
  const { pipeline, environment, tenant, registry } = project;
  const resume = args.text("resume");
  const options: RunOptions = {
    registry,
    tenant,
    bindings: environment?.bindings,
    only: args.list("only"),
    from: args.list("from"),
    until: args.list("until"),
    concurrency: args.amount("concurrency"),
    keepGoing: args.flag("keep-going"),
    resume: resume === "last" ? await lastRun(project, args.text("executor")) : resume,
  };
  // A resumed run goes on with the params that it began with.
  const params =
    resume === undefined || args.list("param") !== undefined
      ? readParams(args.list("param"), environment?.params, pipeline.tasks)
      : undefined;
  return { ...options, ...(params !== undefined && { params }) };
}

async function lastRun(project: Project, executorName: string | undefined): Promise<string> {
  const executor = createExecutor(project, executorName);
  const registry = registryFor(project, executor);
  try {
    return await resolveRunId({ plan: await boundPlan(project, executor), registry }, "last");
  } finally {
    await executor.close?.();
    await registry.close();
  }
}

async function run(project: Project, context: CommandContext, options: AllOptions): Promise<number> {
  const { argv, cwd } = context;
  const { pipeline } = project;
  const reporter = await createReporter(context);
  const crash = new AbortController();
  let crashed: GlacierError | undefined;
  const cancellation = cancelOnSignal(() => reporter.note("cancelling; Ctrl-C again exits at once"));
  const release = catchUncaught((error) => {
    crashed ??= error;
    crash.abort(error);
  });
  // A task that waits for something outside of this process keeps it alive.
  const alive = setInterval(() => {}, 2 ** 30);
  try {
    const signal = AbortSignal.any([cancellation.signal, crash.signal]);
    const { criticalPath } = await pipeline.run({ ...options, signal, onEvent: reporter.onEvent });
    if (crashed !== undefined) throw crashed;
    reporter.finish({ criticalPath, sinks: pipeline.sinks.map(({ name }) => name) });
    return exitCodes.done;
  } catch (thrown) {
    reporter.finish();
    const { runId } = reporter.state.started ?? {};
    const error = crashed ?? thrown;
    // Nothing ran: a mistake like any other.
    if (runId === undefined || !isGlacierError(error)) throw withBrokenProviders(error, project.providers);
    if (!context.args.flag("json"))
      printFailure(error, {
        context,
        root: project.root,
        // An engine says itself how to go on with a run, where it can.
        ...(options.executor.runPipeline === undefined && { resume: resumeCommand(argv, runId) }),
        cwd,
        ours: cancellation.exitCode() !== undefined,
      });
    return cancellation.exitCode() ?? (error.code === "CANCELLED" ? exitCodeFor(error) : exitCodes.failed);
  } finally {
    clearInterval(alive);
    cancellation.stop();
    release();
  }
}

async function createReporter(context: CommandContext): Promise<Reporter> {
  const { args, out, env, quiet } = context;
  if (args.flag("json")) return jsonReporter(out);
  if (quiet) return quietReporter();
  const live = out.isTTY && env["TERM"] !== "dumb" && !env["CI"];
  return live ? liveReporter(context) : plainReporter(context);
}

interface Failure {
  readonly context: CommandContext;
  readonly root: string;
  readonly resume?: string;
  readonly cwd: string;
  /** Whether it was cancelled here: nobody needs to be told. */
  readonly ours: boolean;
}

/** On stderr: each failed task with the user's own lines, then how to go on. */
function printFailure(error: GlacierError, { context, root, resume, cwd, ours }: Failure): void {
  const style = createStyle(wantsColor(process.stderr, context.env));
  const view = { style, cwd, root, verbose: context.verbose };
  const failures = ours && error.code === "CANCELLED" ? [] : error.issues.length > 0 ? error.issues : [error];
  const lines = failures.flatMap((failure) => ["", ...errorLines(failure.toJSON(), view)]);
  const again = resume === undefined ? [] : ["", `${style.yellow("resume:")} ${resume}`];
  process.stderr.write(`${[...lines, ...again].join("\n")}\n`);
}

function previewLines({ runId, tasks }: RunPreview, { args, out }: CommandContext): string[] {
  if (args.flag("json")) return tasks.map((line) => JSON.stringify({ runId, ...line }));
  const rows = tasks.map(({ task, action, reason }) => [task, action, reason]);
  const running = tasks.filter(({ action }) => action === "run").length;
  return [
    ...table([{ title: "task" }, { title: "" }, { title: "why" }], rows, out.style, widthOf(out)),
    "",
    `${running} of ${tasks.length} would run; nothing was written`,
  ];
}

function widthOf({ isTTY, size }: Output): number {
  return isTTY ? size().columns : Number.POSITIVE_INFINITY;
}
