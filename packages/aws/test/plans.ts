import {
  type AnyTask,
  type CompileContext,
  createRegistry,
  Dataset,
  type Diagnostic,
  Pipeline,
  type PipelineOptions,
  type Plan,
  type PlanOptions,
  type Provider,
  task,
} from "@glacier/core";
import fc from "fast-check";
import { defaultState, defaultStorage } from "../src/deployment.ts";
import type { AWSCompilation } from "../src/target/compilation.ts";
import type { AWSTargetOptions } from "../src/target/options.ts";
import { moduleAsCode, targetWith } from "./code.ts";

/** A pipeline of tasks of any types. */
export function pipelineOf(tasks: readonly unknown[], options?: PipelineOptions, name = "orders"): Pipeline {
  return new Pipeline(name, tasks as readonly AnyTask[] as never, options) as unknown as Pipeline;
}

/** A task that does nothing, of one output: `<name>_out` unless `options` say otherwise. */
export function taskOf(name: string, options: object = {}): AnyTask {
  return task(
    name,
    { output: new Dataset(`${name}_out`), ...options } as never,
    () => null as never,
  ) as unknown as AnyTask;
}

/** Tasks `t0` … of a graph; `dependencies[i]` are below `i`. */
export function tasksOf(
  dependencies: readonly (readonly number[])[],
  options: (index: number) => object = () => ({}),
): AnyTask[] {
  const outputs = dependencies.map((_, i) => new Dataset(`d${i}`));
  return dependencies.map((before, i) => {
    const inputs = Object.fromEntries(before.map((other) => [`in${other}`, outputs[other] as Dataset]));
    return taskOf(`t${i}`, { inputs, output: outputs[i], ...options(i) });
  });
}

/** Random graphs. */
export function dag(maxSize: number): fc.Arbitrary<number[][]> {
  return fc
    .integer({ min: 1, max: maxSize })
    .chain((size) =>
      fc.tuple(
        ...Array.from({ length: size }, (_, i) =>
          i === 0 ? fc.constant<number[]>([]) : fc.uniqueArray(fc.nat({ max: i - 1 }), { maxLength: 3 }),
        ),
      ),
    );
}

/** The plan of a pipeline for AWS. */
export function planOf(pipeline: Pipeline, options: Omit<PlanOptions, "for"> = {}): Plan {
  return pipeline.plan({ for: { defaultStorage, state: defaultState }, ...options });
}

/** Compiles with code that is no bundle. */
export function compiled(
  pipeline: Pipeline,
  {
    providers = [],
    tenant,
    bindings,
    ...options
  }: Partial<AWSTargetOptions> & Omit<PlanOptions, "for"> & { providers?: readonly Provider[] } = {},
): Promise<AWSCompilation> {
  const context: CompileContext = { pipeline, registry: createRegistry(providers) };
  const target = targetWith(moduleAsCode, { region: "us-east-1", ...options });
  return target.compile(planOf(pipeline, { tenant, bindings }), context);
}

/** Remarks as `<severity> <code>: <message>`. */
export function said(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.map(({ severity, error }) => `${severity} ${error.code}: ${error.message}`);
}
