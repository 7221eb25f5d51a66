import { columnsOf } from "@glacier/core";
import { type OpenedDataset, openDataset } from "@glacier/core/inspect";
import { exitCodes } from "../command/exit-code.ts";
import type { Command, Output } from "../command/io.ts";
import { factLines } from "../show/facts.ts";
import { previewLines, readRows } from "../show/preview.ts";
import { withPlan } from "./shared.ts";

/** `glacier show <dataset>`: its first rows or its value, columns, size, who made it and when. */
export const command: Command = (context) =>
  withPlan(context, context.args.text("file"), async ({ project, plan, registry }) => {
    const { args, out, cwd } = context;
    const [name = ""] = args.positionals;
    const opened = await openDataset({ plan, pipeline: project.pipeline, registry }, name);
    const limit = args.amount("rows") ?? 10;
    const columns = columnsOf(project.pipeline.datasets.find((dataset) => dataset.name === name)?.schema);
    const uri = registry.storage(opened.dataset.storage).uri(opened.dataset.key);
    if (args.flag("json")) {
      out.lines([JSON.stringify(await asJson(opened, uri, columns, limit), jsonSafe)]);
    } else {
      const width = widthOf(out);
      out.lines([
        ...factLines(opened, { uri, cwd, columns, style: out.style, width, now: Date.now() }),
        "",
        ...(await previewLines(opened, { limit, style: out.style, width })),
      ]);
    }
    return exitCodes.done;
  });

function widthOf({ isTTY, size }: Output): number {
  return isTTY ? size().columns : Number.POSITIVE_INFINITY;
}

async function asJson(
  opened: OpenedDataset,
  uri: string,
  columns: unknown,
  limit: number,
): Promise<Record<string, unknown>> {
  const { dataset, manifest, info, current } = opened;
  const content =
    dataset.shape === "rows"
      ? { rows: (await readRows(opened, limit)).rows }
      : dataset.shape === "value"
        ? { value: await opened.value() }
        : {};
  return {
    dataset: dataset.name,
    shape: dataset.shape,
    format: dataset.format.name,
    uri,
    bytes: info.size,
    modified: info.modified,
    current,
    manifest,
    columns,
    ...content,
  };
}

/** JSON has no bigint. */
function jsonSafe(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
