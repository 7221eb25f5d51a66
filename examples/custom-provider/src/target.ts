import {
  type Artifacts,
  type CompileContext,
  type Diagnostic,
  GlacierError,
  isGlacierError,
  type Plan,
  type PlanDataset,
  type PlanTask,
  type Target,
} from "@glacier/core";
import { checkOption } from "./options.ts";
import { defaults } from "./redis.ts";

/** Options of {@link makeTarget}. */
export interface MakeTargetOptions {
  /** Where the project is on the machine that runs it; absolute. Default: in the user's home, under the pipeline's name. */
  readonly directory?: string;
}

/**
 * A Makefile that runs each task with `glacier run`, after those that it takes data from (with `make -j` others side by side), and
 * a crontab for the schedule. Both belong beside the project's package.json. Errors: `OPTION_INVALID`.
 */
export function makeTarget({ directory }: MakeTargetOptions = {}): Target {
  checkOption(
    directory === undefined || (typeof directory === "string" && /^\/.*$/.test(directory)),
    "the directory of a make target must be an absolute path",
    'Write directory: "/srv/orders", say, or leave it out.',
  );
  return {
    name: "make",
    defaultStorage: defaults.storage,
    state: defaults.state,
    async compile(plan, context) {
      const files: Artifacts = { Makefile: makefile(plan), ...crontab(plan, directory) };
      return { diagnostics: mistakes(plan, context), forms: { files: async () => files } };
    },
  };
}

/** The rule of all tasks begins with a capital, which no task's name does. */
function makefile({ pipeline, tenant, tasks, edges }: Plan): string {
  const glacier = [
    "npx glacier run --executor process --pipeline",
    pipeline,
    ...(tenant === undefined ? [] : ["--tenant", tenant]),
  ];
  const rules = tasks.map(({ name }) => {
    const after = new Set(edges.filter(({ to }) => to === name).map(({ from }) => from));
    return `${[`${name}:`, ...after].join(" ")}\n\t$(GLACIER) --only ${name}\n`;
  });
  const names = tasks.map(({ name }) => name).join(" ");
  return [`GLACIER = ${glacier.join(" ")}\n`, `.PHONY: All ${names}`, `All: ${names}\n`, ...rules].join("\n");
}

/** cronie and others know `CRON_TZ`; elsewhere the machine's own zone counts. */
function crontab({ pipeline, schedule }: Plan, directory: string | undefined): Artifacts {
  if (schedule === undefined) return {};
  const folder = directory === undefined ? `"$HOME"/${pipeline}` : `'${directory.replaceAll("'", "'\\''")}'`;
  const command = `cd ${folder} && make All >> ${pipeline}.log 2>&1`.replaceAll("%", "\\%");
  return { crontab: `CRON_TZ=${schedule.timeZone}\n${schedule.cron} ${command}\n` };
}

/** What can't run: told with the files, so that all of it is seen at once. */
function mistakes({ tasks, datasets }: Plan, { registry }: CompileContext): Diagnostic[] {
  const errors = [...tasks.map(computeMistake), ...datasets.map((dataset) => storageMistake(dataset, registry))];
  return errors.flatMap((error) => (error === undefined ? [] : [{ severity: "error", error }]));
}

function computeMistake({ name, compute }: PlanTask): GlacierError | undefined {
  if (compute === undefined || compute.kind === "process") return undefined;
  return new GlacierError("COMPUTE_UNSUPPORTED", {
    message: `task "${name}" needs ${compute.kind} compute, which target "make" doesn't have`,
    hint: 'Leave its compute out, or make it { kind: "process" }.',
    context: { task: name, kind: compute.kind },
  });
}

function storageMistake(
  { name, storage }: PlanDataset,
  registry: CompileContext["registry"],
): GlacierError | undefined {
  try {
    registry.storage(storage);
  } catch (error) {
    return new GlacierError("STORAGE_UNREACHABLE", {
      message: `dataset "${name}": ${(error as Error).message}`,
      hint: isGlacierError(error) ? error.hint : "Bind it to other storage.",
      context: { dataset: name, kind: storage.kind },
      cause: error,
    });
  }
  if (storage.kind !== "memory") return undefined;
  return new GlacierError("STORAGE_UNREACHABLE", {
    message: `dataset "${name}" is in memory, but make runs each task in a process of its own`,
    hint: "Bind it to storage that they all reach.",
    context: { dataset: name, kind: storage.kind },
  });
}
