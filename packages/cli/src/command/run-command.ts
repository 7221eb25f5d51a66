import { findRoot } from "../project/files.ts";
import { errorLines } from "../text/error.ts";
import { createStyle, wantsColor } from "../text/style.ts";
import { exitCodeFor } from "./exit-code.ts";
import type { Command, CommandContext } from "./io.ts";
import { createOutput } from "./output.ts";
import { closest, parseCommand, usage } from "./parse.ts";
import { filterWarnings, guardExit, guardPipe } from "./process.ts";
import { type CommandName, commands, isCommand } from "./spec.ts";
import { toGlacierError } from "./unexpected.ts";

const modules: Readonly<Record<CommandName, () => Promise<{ readonly command: Command }>>> = {
  run: () => import("../commands/run.ts"),
  validate: () => import("../commands/validate.ts"),
  graph: () => import("../commands/graph.ts"),
  plan: () => import("../commands/plan.ts"),
  compile: () => import("../commands/compile.ts"),
  build: () => import("../commands/build.ts"),
  push: () => import("../commands/push.ts"),
  runs: () => import("../commands/runs.ts"),
  show: () => import("../commands/show.ts"),
  providers: () => import("../commands/providers.ts"),
  init: () => import("../commands/init.ts"),
};

/** Runs one command and ends the process with its exit code. */
export async function runCommand(name: string, argv: readonly string[]): Promise<void> {
  const settled = guardExit();
  guardPipe();
  filterWarnings();
  const code = await attempt(name, argv);
  settled();
  await Promise.all([flush(process.stdout), flush(process.stderr)]);
  // A handler may have left timers or connections behind; the work is done.
  process.exit(code);
}

async function attempt(name: string, argv: readonly string[]): Promise<number> {
  try {
    if (!isCommand(name)) throw unknownCommand(name);
    const args = parseCommand(name, argv);
    const { command } = await modules[name]();
    const context: CommandContext = {
      args,
      argv: [name, ...argv],
      cwd: process.cwd(),
      env: process.env,
      out: createOutput(process.stdout, process.env, machineReadable(name, argv)),
      quiet: args.flag("quiet"),
      verbose: args.flag("verbose"),
    };
    return await command(context);
  } catch (thrown) {
    return report(thrown, argv);
  }
}

/** Errors go to stderr: as lines, or with `--json` as one line of JSON. */
function report(thrown: unknown, argv: readonly string[]): number {
  const error = toGlacierError(thrown);
  const json = error.toJSON();
  const exitCode = exitCodeFor(error);
  if (argv.includes("--json")) process.stderr.write(`${JSON.stringify({ error: json, exitCode })}\n`);
  else {
    const cwd = process.cwd();
    const verbose = argv.includes("--verbose") || argv.includes("-v");
    const style = createStyle(wantsColor(process.stderr, process.env));
    process.stderr.write(`${errorLines(json, { style, cwd, root: findRoot(cwd), verbose }).join("\n")}\n`);
  }
  return exitCode;
}

/** Output that a program reads: nothing else may get in between. */
function machineReadable(name: CommandName, argv: readonly string[]): boolean {
  return argv.includes("--json") || name === "graph";
}

function unknownCommand(name: string): Error {
  const near = closest(name, Object.keys(commands));
  return usage(
    `there is no command "${name}"`,
    `${near === undefined ? "" : `Did you mean glacier ${near}? `}glacier --help lists the commands.`,
  );
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableEnded) resolve();
    else stream.write("", () => resolve());
  });
}
