import { describeThrown, GlacierError } from "@glacier/core";
import type { BuildFailure, Message } from "esbuild";
import type { BundleWarning } from "./bundle.ts";
import type { Labels } from "./labels.ts";

/** What esbuild rejected with, as one `BUNDLE_FAILED` with an issue for each of its errors. */
export function buildFailure(thrown: unknown, labels: Labels): GlacierError {
  const messages = (thrown as Partial<BuildFailure>).errors ?? [];
  const issues = messages.map((message) => mistake(message, labels));
  const [first] = issues;
  if (first === undefined) {
    return new GlacierError("BUNDLE_FAILED", {
      message: `the pipeline's code can't be bundled: ${describeThrown(thrown)}`,
      hint: "The cause says more.",
      cause: thrown,
    });
  }
  if (issues.length === 1) return first;
  return new GlacierError("BUNDLE_FAILED", {
    message: `the pipeline's code can't be bundled: ${first.message} (and ${issues.length - 1} more)`,
    hint: first.hint,
    context: first.context,
    issues,
  });
}

/** A warning of esbuild's. */
export function toWarning({ text, location }: Message, labels: Labels): BundleWarning {
  return { message: text, ...(location !== null && { file: labels.of(location.file), line: location.line }) };
}

function mistake({ text, location, notes }: Message, labels: Labels): GlacierError {
  const where = location === null ? "" : `${labels.of(location.file)}:${location.line}:${location.column + 1}: `;
  const specifier = /^Could not resolve "(.+)"$/.exec(text)?.[1];
  return new GlacierError("BUNDLE_FAILED", {
    message: `${where}${specifier === undefined ? text : `"${specifier}" can't be resolved`}`,
    hint: specifier === undefined ? hintFor(text) : unresolvedHint(specifier, notes.map((note) => note.text).join(" ")),
    ...(location !== null && { context: { file: labels.of(location.file), line: location.line } }),
  });
}

function unresolvedHint(specifier: string, notes: string): string {
  if (specifier.startsWith(".") || specifier.startsWith("/"))
    return "Check the path; Node wants it whole, with its extension (./tasks.ts).";
  if (notes.includes("exports"))
    return "The package is there but doesn't export that subpath: see `exports` in its package.json.";
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  return `Install it: npm install ${name}. If it is there only where the bundle runs, list it in \`external\`.`;
}

function hintFor(text: string): string {
  if (text.startsWith("No loader is configured"))
    return "Only code and JSON can be bundled: read other files as datasets, with a storage of their own.";
  if (text.startsWith("No matching export"))
    return "Import what the module exports; a type needs `import type`, since Node and the bundler strip types without looking.";
  return "Correct the file; `node --check` on it shows the same place.";
}
