import { dirname } from "node:path";
import type { GraphFormat } from "@glacier/core";
import { exitCodes } from "../command/exit-code.ts";
import type { Command } from "../command/io.ts";
import { usage } from "../command/parse.ts";
import { findRoot } from "../project/files.ts";
import { findPipelineFile } from "../project/find-pipeline.ts";
import { loadPipeline } from "../project/load-pipeline.ts";

const formats: readonly string[] = ["text", "mermaid", "dot"] satisfies GraphFormat[];

/** `glacier graph`: draws a pipeline, a broken one too. Needs no provider. */
export const command: Command = async ({ args, cwd, out }) => {
  const format = args.text("format") ?? "text";
  if (!formats.includes(format))
    throw usage(`--format takes ${formats.join(", ")}, not "${format}"`, "For instance --format mermaid.");
  const file = findPipelineFile(cwd, args.positionals[0]);
  const pipeline = await loadPipeline(file, args.text("pipeline"), { cwd, root: findRoot(dirname(file)) });
  out.write(pipeline.visualize(format as GraphFormat));
  return exitCodes.done;
};
