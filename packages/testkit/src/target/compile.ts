import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type Artifacts,
  type ComputeResource,
  createRegistry,
  type Diagnostic,
  isGlacierError,
  type Pipeline,
  type Plan,
  type StorageResource,
  type Target,
} from "@glacier/core";
import { expect, onTestFinished } from "vitest";
import { type PipelineSpec, pipelineOf, type Setting } from "./pipelines.ts";
import type { TargetSuiteOptions } from "./test-target.ts";
import type { TargetView } from "./view.ts";

/** What a target's cases need: the suite's options without what only registering needs. */
export type TargetSubject = Omit<TargetSuiteOptions, "skip">;

/** What surrounds one compilation. */
export interface Given extends Partial<Omit<Setting, "storage" | "compute">> {
  readonly tenant?: string;
  readonly bindings?: Readonly<Record<string, StorageResource>>;
  readonly compute?: ComputeResource | undefined;
  /** Changes the plan before the target sees it. */
  readonly plan?: (plan: Plan) => Plan;
}

/** A pipeline's files, in one form. */
export interface CompiledForm {
  readonly form: string;
  readonly artifacts: Artifacts;
  readonly view: TargetView;
}

/** A pipeline with a plan, and the compilation of it. */
export interface Compiled {
  readonly plan: Plan;
  readonly diagnostics: readonly Diagnostic[];
  readonly forms: readonly CompiledForm[];
}

/** Compiles a pipeline with a fresh target, in every form that can hold it. Fails where an error diagnostic forbids to deploy it. */
export async function compile(subject: TargetSubject, spec: PipelineSpec, given: Given = {}): Promise<Compiled> {
  const { plan, compilation } = await compilationOf(subject, spec, given);
  for (const diagnostic of compilation.diagnostics) checkDiagnostic(diagnostic);
  const errors = compilation.diagnostics.filter(({ severity }) => severity === "error");
  expect(errors.map(({ error }) => error.message)).toEqual([]);
  const forms: CompiledForm[] = [];
  for (const [form, files] of Object.entries(compilation.forms)) {
    const artifacts = await files().catch((error: unknown) => {
      // Not the default, and told of: the pipeline is too large for that form.
      const told = compilation.diagnostics.some((diagnostic) => diagnostic.error.message === (error as Error).message);
      if (forms.length === 0 || !told || !isGlacierError(error, "UNSUPPORTED")) throw error;
      return undefined;
    });
    if (artifacts === undefined) continue;
    forms.push({ form, artifacts, view: await subject.view(artifacts, form) });
  }
  expect(forms.length, "how many forms there are").toBeGreaterThan(0);
  return { plan, diagnostics: compilation.diagnostics, forms };
}

/** The same files as bytes, for comparison: by form and path, in order. */
export function bytesOf({ forms }: Compiled): Record<string, string> {
  const all = forms.flatMap(({ form, artifacts }) =>
    Object.entries(artifacts).map(([path, content]) => [
      `${form}: ${path}`,
      Buffer.from(content as string).toString("latin1"),
    ]),
  );
  return Object.fromEntries(all);
}

/** What a compilation complains of: error diagnostics, or what it throws. Fails where that is no `GlacierError`. */
export async function complaints(
  subject: TargetSubject,
  spec: PipelineSpec,
  given: Given,
): Promise<Diagnostic["error"][]> {
  try {
    const { compilation } = await compilationOf(subject, spec, given);
    for (const diagnostic of compilation.diagnostics) checkDiagnostic(diagnostic);
    return compilation.diagnostics.filter(({ severity }) => severity === "error").map(({ error }) => error);
  } catch (error) {
    checkDiagnostic({ severity: "error", error: error as Diagnostic["error"] });
    return [error as Diagnostic["error"]];
  }
}

/** Fails where a remark is not one: a severity, and a `GlacierError` that says what to do. */
export function checkDiagnostic({ severity, error }: Diagnostic): void {
  expect(["info", "warning", "error"]).toContain(severity);
  if (!isGlacierError(error)) throw new Error("what a target complains of must be a GlacierError", { cause: error });
  expect(error.message.trim()).not.toBe("");
  expect(error.hint.trim(), `the hint of "${error.message}"`).not.toBe("");
  expect(() => JSON.stringify(error)).not.toThrow();
}

async function compilationOf(subject: TargetSubject, spec: PipelineSpec, given: Given) {
  const { tenant, bindings, plan: change = (same: Plan) => same, ...setting } = given;
  const target = await subject.create();
  const pipeline = pipelineOf(spec, {
    module: codeFile(spec.name),
    compute: subject.compute,
    storage: target.defaultStorage,
    ...setting,
  });
  const plan = change(planOf(pipeline, target, tenant, bindings));
  const context = { pipeline, registry: createRegistry(subject.providers ?? []) };
  return { plan, compilation: await target.compile(plan, context) };
}

function planOf(pipeline: Pipeline, target: Target, tenant: string | undefined, bindings: Given["bindings"]): Plan {
  return pipeline.plan({ for: target, tenant, bindings });
}

/** URL of a module that stands for a pipeline's code, in a folder of its own that goes with the test. */
export function codeFile(pipeline: string, code = "return 1"): string {
  const folder = mkdtempSync(join(tmpdir(), "glacier-testkit-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "src"));
  writeFileSync(join(folder, "package.json"), `{ "name": "kit-pipeline", "type": "module" }\n`);
  const handler = `{ name: "handler", handler() { ${code}; } }`;
  const source = `export const pipeline = { name: ${JSON.stringify(pipeline)}, tasks: [${handler}], datasets: [] };\n`;
  writeFileSync(join(folder, "src/pipeline.mjs"), source);
  return pathToFileURL(join(folder, "src/pipeline.mjs")).href;
}
