import { resolve } from "node:path";
import type { Diagnostic } from "@glacier/core";
import { exitCodes } from "../command/exit-code.ts";
import type { Command, CommandContext } from "../command/io.ts";
import { compileWith, printDiagnostics, said } from "../compile/compilation.ts";
import { emit, formNamed } from "../compile/emit.ts";
import { type WrittenFile, writeCompiled } from "../compile/write.ts";
import { createTarget, type Project, withBrokenProviders } from "../project/project.ts";
import { shortPath } from "../text/stack.ts";
import { table } from "../text/table.ts";
import { byteSize, count } from "../text/units.ts";
import { projectOf } from "./shared.ts";

/** What was compiled; also, with `diagnostics`, what `--json` prints. */
interface Result {
  readonly pipeline: string;
  readonly target: string;
  readonly form: string;
  readonly out: string;
  /** Empty where a diagnostic is an error. */
  readonly files: readonly WrittenFile[];
  /** Files of an earlier compilation that are still there. */
  readonly stale: readonly string[];
}

/** `glacier compile`: compiles a pipeline with a target and writes one form of it; nothing where a diagnostic is an error. */
export const command: Command = async (context) => {
  const { args, cwd, out } = context;
  const project = await projectOf(context, args.positionals[0]);
  const target = createTarget(project, args.text("target"));
  const folder = resolve(cwd, args.text("out") ?? "infra");
  try {
    const compilation = await compileWith(project, target);
    const form = formNamed(compilation, args.text("form"), target.name);
    const { diagnostics } = compilation;
    const failed = diagnostics.some(({ severity }) => severity === "error");
    const written = failed
      ? { files: [], stale: [] }
      : await writeCompiled(await emit(compilation, form, target.name), folder, {
          target: target.name,
          pipeline: project.pipeline.name,
          tenant: project.tenant,
        });
    const place = shortPath(folder, cwd);
    const result = { pipeline: project.pipeline.name, target: target.name, form, out: place, ...written };
    if (args.flag("json")) out.lines([jsonLine(result, diagnostics)]);
    else print(result, diagnostics, project, context);
    return failed ? exitCodes.invalid : exitCodes.done;
  } catch (error) {
    throw withBrokenProviders(error, project.providers);
  } finally {
    await project.registry.close();
  }
};

function jsonLine(result: Result, diagnostics: readonly Diagnostic[]): string {
  return JSON.stringify({ ...result, diagnostics: said(diagnostics) });
}

/** Diagnostics to stderr, the files to stdout. */
function print(result: Result, diagnostics: readonly Diagnostic[], project: Project, context: CommandContext): void {
  const { out, quiet } = context;
  printDiagnostics(diagnostics, project, context);
  if (!quiet && !diagnostics.some(({ severity }) => severity === "error")) out.lines(summary(result, context));
}

function summary({ pipeline, target, form, out: folder, files, stale }: Result, { out }: CommandContext): string[] {
  const { style } = out;
  return [
    `${style.green("✔")} ${style.bold(pipeline)} compiled for ${target} as ${form}: ${count(files.length, "file")} in ${folder}`,
    ...table(
      [{ title: "file" }, { title: "size", align: "right" }],
      files.map((file) => [file.path, byteSize(file.bytes)]),
      style,
      out.isTTY ? out.size().columns : undefined,
    ),
    ...(stale.length === 0
      ? []
      : [
          `${style.yellow("!")} left by an earlier compilation and no part of this one: ${stale.join(", ")}`,
          `  ${style.yellow("hint:")} Delete what you don't need: whoever deploys the folder may take these files too.`,
        ]),
  ];
}
