import type { AnyDataset } from "../dataset/dataset.ts";
import { GlacierError, isGlacierError } from "../errors/index.ts";
import type { ByteSource } from "../format/format.ts";
import type { Attempt } from "./attempt.ts";
import { codecContext } from "./inputs.ts";

/** What a command left in a file, in the shape that a handler would have returned. */
export async function openFile(attempt: Attempt, dataset: AnyDataset, path: string): Promise<unknown> {
  const { format } = dataset;
  const source = await sourceOf(attempt, dataset.name, path);
  switch (format.shape) {
    case "value":
      return (format as Extract<typeof format, { shape: "value" }>).decode(source, codecContext(attempt, dataset));
    case "rows": {
      const rows = format as Extract<typeof format, { shape: "rows" }>;
      return { batches: () => rows.decode(source, codecContext(attempt, dataset)) };
    }
    case "bytes":
      return source.stream();
    case "file":
      return path;
  }
}

async function sourceOf(attempt: Attempt, dataset: string, path: string): Promise<ByteSource> {
  try {
    return await (await attempt.scratch()).open(path);
  } catch (error) {
    if (!isGlacierError(error, "NOT_FOUND")) throw error;
    throw new GlacierError("COMMAND_FAILED", {
      message: `task "${attempt.task.name}": its command wrote no file for dataset "${dataset}"`,
      hint: "The command must write to the path in $GLACIER_OUTPUT_<NAME> before it ends.",
      context: { task: attempt.task.name, dataset },
      retryable: false,
    });
  }
}
