import type { Compilation, Diagnostic, SerializedError, Target } from "@glacier/core";
import type { CommandContext } from "../command/io.ts";
import type { Project } from "../project/project.ts";
import { errorLines } from "../text/error.ts";
import { createStyle, wantsColor } from "../text/style.ts";
import { ofTarget } from "./emit.ts";

/** Compiles a project's pipeline. Errors: `INTERNAL` for what the target throws that is no GlacierError. */
export function compileWith(project: Project, target: Target): Promise<Compilation> {
  const { pipeline, registry, tenant, environment } = project;
  return ofTarget(target.name, () => pipeline.compile({ target, registry, tenant, bindings: environment?.bindings }));
}

/** Diagnostics as `--json` prints them. */
export function said(diagnostics: readonly Diagnostic[]): ({ severity: Diagnostic["severity"] } & SerializedError)[] {
  return diagnostics.map(({ severity, error }) => ({ severity, ...error.toJSON() }));
}

/** Prints diagnostics to stderr; with `--quiet` only errors. */
export function printDiagnostics(
  diagnostics: readonly Diagnostic[],
  project: Project,
  { cwd, env, quiet, verbose }: CommandContext,
): void {
  const view = { style: createStyle(wantsColor(process.stderr, env)), cwd, root: project.root, verbose };
  const shown = diagnostics.filter(({ severity }) => severity === "error" || !quiet);
  const lines = shown.flatMap(({ severity, error }) => errorLines(error.toJSON(), { ...view, severity }));
  if (lines.length > 0) process.stderr.write(`${lines.join("\n")}\n`);
}
