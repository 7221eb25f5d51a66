import { pathToFileURL } from "node:url";
import { GlacierError, type Pipeline } from "@glacier/core";
import { shortPath } from "../text/stack.ts";
import { moduleError } from "./module-error.ts";

/** A pipeline whose needs and params the compiler can't know: the run itself checks them against executor and schemas. */
export type LoadedPipeline = Pipeline<never>;

/** Loads a module and picks its pipeline; fills in `pipeline.module`. Errors: `MODULE_INVALID`, `USAGE`, or what its code threw. */
export async function loadPipeline(
  file: string,
  name: string | undefined,
  where: { readonly cwd: string; readonly root: string },
): Promise<LoadedPipeline> {
  const exports = await loadModule(file, where.root);
  const pipeline = pick(pipelinesOf(exports), name, exports, shortPath(file, where.cwd));
  pipeline.module ??= pathToFileURL(file).href;
  return pipeline;
}

/** Imports a module of the user's. Errors: `MODULE_INVALID`, or what its code threw. */
export async function loadModule(file: string, root: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    throw moduleError(error, file, root);
  }
}

interface Found {
  /** The names it is exported under. */
  readonly exports: string[];
  readonly pipeline: LoadedPipeline;
}

function pipelinesOf(exports: Readonly<Record<string, unknown>>): Found[] {
  const found = new Map<unknown, Found>();
  for (const [name, value] of Object.entries(exports)) {
    if (!isPipeline(value)) continue;
    const known = found.get(value);
    if (known === undefined) found.set(value, { exports: [name], pipeline: value });
    else known.exports.push(name);
  }
  return [...found.values()];
}

/** By its looks: the project's copy of core need not be this one. */
function isPipeline(value: unknown): value is LoadedPipeline {
  if (typeof value !== "object" || value === null) return false;
  const { name, tasks, run, plan, validate } = value as Partial<LoadedPipeline>;
  return (
    typeof name === "string" &&
    Array.isArray(tasks) &&
    [run, plan, validate].every((method) => typeof method === "function")
  );
}

function pick(
  found: readonly Found[],
  name: string | undefined,
  exports: Readonly<Record<string, unknown>>,
  file: string,
): LoadedPipeline {
  const [first] = found;
  if (first === undefined) {
    const others = Object.entries(exports).map(([key, value]) => `${key} (${kindOf(value)})`);
    throw new GlacierError("MODULE_INVALID", {
      message: `${file} exports no pipeline`,
      hint: `${others.length === 0 ? "It exports nothing" : `It exports ${others.join(", ")}`}. Export one: export const pipeline = new Pipeline("name", [/* tasks */]).`,
    });
  }
  const list = found.map(({ pipeline }) => pipeline.name).join(", ");
  if (name === undefined) {
    if (found.length === 1) return first.pipeline;
    throw new GlacierError("USAGE", {
      message: `${file} exports ${found.length} pipelines: ${list}`,
      hint: `Choose one: --pipeline ${first.pipeline.name}.`,
    });
  }
  const match = found.find(({ pipeline }) => pipeline.name === name) ?? found.find((one) => one.exports.includes(name));
  if (match !== undefined) return match.pipeline;
  throw new GlacierError("USAGE", { message: `${file} exports no pipeline "${name}"`, hint: `It exports ${list}.` });
}

function kindOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  if ("form" in value && "output" in value) return "a task";
  if ("format" in value) return "a dataset";
  return Array.isArray(value) ? "an array" : "an object";
}
