import type { CompiledImage, Diagnostic } from "@glacier/core";
import { exitCodes } from "../command/exit-code.ts";
import type { CommandContext } from "../command/io.ts";
import { projectOf } from "../commands/shared.ts";
import { compileWith, printDiagnostics, said } from "../compile/compilation.ts";
import { createTarget, withBrokenProviders } from "../project/project.ts";
import { connect, type Engine } from "./engine.ts";

/** What is done with each image; answers what `--json` prints of it, and a line for people. */
export type ImageWork<R extends object> = (
  engine: Engine,
  image: CompiledImage,
  note: (line: string) => void,
) => Promise<{ readonly result: R; readonly line: string }>;

/**
 * Compiles the pipeline, and does something with each image that it needs, one after the other. No engine is needed where
 * there is none. Errors: `DOCKER_UNAVAILABLE`, those of the work.
 */
export async function withImages<R extends object>(context: CommandContext, work: ImageWork<R>): Promise<number> {
  const { args, out, quiet, verbose } = context;
  const project = await projectOf(context, args.positionals[0]);
  const target = createTarget(project, args.text("target"));
  const json = args.flag("json");
  try {
    const { diagnostics, images = [] } = await compileWith(project, target);
    if (!json) printDiagnostics(diagnostics, project, context);
    const failed = diagnostics.some(({ severity }) => severity === "error");
    const results: R[] = [];
    if (!failed && images.length > 0) {
      const engine = await connect();
      const note = (line: string): void => {
        if (verbose) process.stderr.write(`${line}\n`);
      };
      for (const image of images) {
        const { result, line } = await work(engine, image, note);
        results.push(result);
        if (!json && !quiet) out.lines([`${out.style.green("✔")} ${line}`]);
      }
    } else if (!failed && !json && !quiet) {
      out.lines([`${project.pipeline.name} needs no images for ${target.name}`]);
    }
    if (json) out.lines([jsonLine(project.pipeline.name, target.name, results, diagnostics)]);
    return failed ? exitCodes.invalid : exitCodes.done;
  } catch (error) {
    throw withBrokenProviders(error, project.providers);
  } finally {
    await project.registry.close();
  }
}

function jsonLine(
  pipeline: string,
  target: string,
  images: readonly object[],
  diagnostics: readonly Diagnostic[],
): string {
  return JSON.stringify({ pipeline, target, images, diagnostics: said(diagnostics) });
}
