import type { BundleInput } from "@glacier/bundler";
import { type Artifacts, GlacierError } from "@glacier/core";
import { type Limit, limits } from "../target/limits.ts";

/** Refuses files that are too large together for a function. Errors: `BUNDLE_FAILED` with the packages that make them so. */
export function checkSize(
  files: Artifacts,
  inputs: readonly BundleInput[],
  pipeline: string,
  { max, page }: Limit = limits.zipUnpacked,
): void {
  const bytes = Object.values(files).reduce((sum, content) => sum + Buffer.byteLength(content), 0);
  if (bytes <= max) return;
  const packages = [...sizes(inputs)].sort(([, a], [, b]) => b - a).slice(0, 5);
  const largest = packages.map(([name, size]) => `${name} (${inMebibytes(size)})`).join(", ");
  throw new GlacierError("BUNDLE_FAILED", {
    message: `the code of pipeline "${pipeline}" is ${inMebibytes(bytes)} with its source map, and a Lambda function takes ${inMebibytes(max)} (${page}); most of it is of ${largest}`,
    hint: "Import less of the largest (a subpath, a smaller package), read large data as a dataset, or give the tasks that need it compute.container on an image that has it.",
    context: { pipeline },
  });
}

/** Bytes by package; the pipeline's own files together. */
function sizes(inputs: readonly BundleInput[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const { path, bytes } of inputs) {
    const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? "the pipeline's own files";
    found.set(name, (found.get(name) ?? 0) + bytes);
  }
  return found;
}

function inMebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
