import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describeThrown, type ErrorContext, GlacierError, isGlacierError } from "@glacier/core";
import { ownFrames } from "../text/stack.ts";

/**
 * Why a module of the user's doesn't load, as `MODULE_INVALID` with the place and what to do. A `GlacierError` that the
 * module's own code threw (a bad name, a bad option) keeps its code.
 */
export function moduleError(thrown: unknown, file: string, root: string): GlacierError {
  if (isGlacierError(thrown)) {
    // Where in the user's code the wrong name or option stands.
    if (thrown.context["file"] === undefined) Object.assign(thrown.context, framePlace(thrown, root) ?? { file });
    return thrown;
  }
  const { code, message } =
    thrown instanceof Error ? (thrown as Error & { code?: string }) : { code: undefined, message: "" };
  if (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") return notFound(thrown as Error, file);
  if (code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX") {
    return invalid(
      message,
      "Node strips types but compiles nothing: use a const object or a union instead of an enum, fields instead of parameter properties, modules instead of namespaces (tsconfig: erasableSyntaxOnly).",
      thrown,
      place(thrown),
    );
  }
  const missingExport = /does not provide an export named '(.+)'/.exec(message)?.[1];
  if (missingExport !== undefined) {
    return invalid(
      message,
      `If ${missingExport} is a type, import it with \`import type\`: Node strips types without looking at other modules (tsconfig: verbatimModuleSyntax).`,
      thrown,
      place(thrown),
    );
  }
  if (thrown instanceof SyntaxError)
    return invalid(
      `syntax error: ${message}`,
      "Correct the file; your editor or tsc shows the same place.",
      thrown,
      place(thrown) ?? { file },
    );
  if (code === "ERR_IMPORT_ATTRIBUTE_MISSING")
    return invalid(message, 'Add it to the import: with { type: "json" }.', thrown, { file });
  return invalid(
    `the module threw while it was loaded: ${describeThrown(thrown)}`,
    "Code outside of tasks runs on every load: keep it to declarations.",
    thrown,
    framePlace(thrown, root) ?? { file },
  );
}

function notFound(error: Error, file: string): GlacierError {
  const [, what, from] = /Cannot find (?:package|module) '(.+?)' imported from (.+?)(?:\n|$)/.exec(error.message) ?? [];
  if (what === undefined || from === undefined) return invalid(error.message, "Check the import.", error, { file });
  const importer = from.startsWith("file:") ? fileURLToPath(from) : from;
  const found = importLine(importer, what);
  const where = found ?? { file: importer };
  const specifier = found?.specifier ?? what;
  if (error.message.startsWith("Cannot find package")) {
    return invalid(
      `package "${specifier}" is not installed`,
      `Install it: npm install ${packageName(specifier)}.`,
      error,
      where,
    );
  }
  const existing = [".ts", ".mts", ".js", ".mjs", "/index.ts", "/index.js"].find((end) =>
    existsSync(what.replace(/\.js$/, "") + end),
  );
  const hint =
    existing === undefined
      ? "Check the path."
      : `Write the whole file name: "${specifier.replace(/\.js$/, "")}${existing}".`;
  return invalid(`there is no file "${specifier}"`, hint, error, where);
}

/** Finds the line that imports `target` (a package's name, or the path that a relative import leads to). */
function importLine(importer: string, target: string): { file: string; line: number; specifier: string } | undefined {
  let text: string;
  try {
    text = readFileSync(importer, "utf8");
  } catch {
    return undefined;
  }
  for (const [index, line] of text.split("\n").entries()) {
    for (const [, specifier = ""] of line.matchAll(/(?:from|import|require)\s*\(?\s*["']([^"']+)["']/g)) {
      const same =
        specifier === target ||
        specifier.startsWith(`${target}/`) ||
        (specifier.startsWith(".") && resolve(dirname(importer), specifier) === target);
      if (same) return { file: importer, line: index + 1, specifier };
    }
  }
  return undefined;
}

/** Node puts `file:///…:12` on the first line of a syntax error's stack. */
function place(thrown: unknown): ErrorContext | undefined {
  const match =
    thrown instanceof Error ? /^(file:\/\/.+?|\/.+?|[A-Za-z]:\\.+?):(\d+)\n/.exec(thrown.stack ?? "") : null;
  if (match === null) return undefined;
  const [, file = "", line] = match;
  return { file: file.startsWith("file:") ? fileURLToPath(file) : file, line: Number(line) };
}

function framePlace(thrown: unknown, root: string): ErrorContext | undefined {
  const [frame] = thrown instanceof Error && thrown.stack !== undefined ? ownFrames(thrown.stack, root) : [];
  return frame === undefined ? undefined : { file: frame.file, line: frame.line, column: frame.column };
}

function packageName(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function invalid(message: string, hint: string, cause: unknown, where: ErrorContext | undefined): GlacierError {
  const { file, line, column } = where ?? {};
  const context = {
    ...(file !== undefined && { file }),
    ...(line !== undefined && { line }),
    ...(column !== undefined && { column }),
  };
  return new GlacierError("MODULE_INVALID", { message, hint, cause, context });
}
