import {
  type AnyTask,
  bytes,
  type ComputeResource,
  Dataset,
  file,
  json,
  ndjson,
  Pipeline,
  type PipelineOptions,
  type StorageResource,
  secret,
  task,
  text,
} from "@glacier/core";
import fc from "fast-check";

/** A pipeline in the abstract: what fast-check makes and shrinks. */
export interface PipelineSpec {
  readonly name: string;
  readonly tasks: readonly TaskSpec[];
}

/** A task of a {@link PipelineSpec}. */
export interface TaskSpec {
  readonly name: string;
  /** Outputs of earlier tasks, as their task's index and the output's; repeated ones are one dataset under two names. */
  readonly inputs: readonly (readonly [task: number, output: number])[];
  /** Datasets that no task makes, by number: tasks share them. */
  readonly sources: readonly number[];
  /** How many datasets it writes. */
  readonly outputs: number;
  readonly quarantine: boolean;
  readonly secrets: readonly string[];
  /** Number of the formats' list. */
  readonly format: number;
  readonly retries: number;
  readonly timeout: number | undefined;
  /** Names of its outputs; default: made from the task's. */
  readonly outputNames?: readonly string[];
}

/** What a pipeline is built for. */
export interface Setting extends PipelineOptions {
  readonly compute: ComputeResource | undefined;
  /** Where sources are. */
  readonly storage: StorageResource;
  /** Tasks in the opposite order: the same pipeline. */
  readonly reversed?: boolean;
}

/** Names end in a number, so that they differ; the stems have everything that names may have. */
const stems = [
  "t",
  "load",
  "a-b",
  "a_b",
  "a--b",
  "x_",
  "end-",
  `long-${"z".repeat(55)}`,
  `long_${"z".repeat(55)}`,
] as const;
const secretNames = ["api-key", "api_token", "Db-Password"] as const;

/** Random pipelines: several roots and leaves, several inputs and outputs, shared sources, quarantines, secrets, every shape. */
export function anyPipeline(maxTasks = 12): fc.Arbitrary<PipelineSpec> {
  const tasks = fc
    .integer({ min: 1, max: maxTasks })
    .chain((size) => fc.tuple(...Array.from({ length: size }, (_, index) => anyTask(index))));
  return fc.record({ name: fc.constantFrom("p", "daily-orders", "a_b-c", `pipe${"-line".repeat(11)}`), tasks });
}

function anyTask(index: number): fc.Arbitrary<TaskSpec> {
  const earlier = fc.tuple(fc.nat({ max: Math.max(0, index - 1) }), fc.nat({ max: 2 }));
  return fc.record({
    name: fc.constantFrom(...stems).map((stem) => `${stem}${index}`),
    inputs: index === 0 ? fc.constant([]) : fc.array(earlier, { maxLength: 4 }),
    sources: fc.uniqueArray(fc.nat({ max: 3 }), { maxLength: 2 }),
    outputs: fc.integer({ min: 1, max: 3 }),
    quarantine: fc.boolean(),
    secrets: fc.subarray([...secretNames]),
    format: fc.nat({ max: formats.length - 1 }),
    retries: fc.nat({ max: 3 }),
    timeout: fc.option(fc.integer({ min: 1, max: 600 }), { nil: undefined }),
  });
}

/** A task that reads nothing and writes one dataset, but for what is said. */
export function taskSpec(name: string, more: Partial<TaskSpec> = {}): TaskSpec {
  return {
    name,
    inputs: [],
    sources: [],
    outputs: 1,
    quarantine: false,
    secrets: [],
    format: 0,
    retries: 0,
    timeout: undefined,
    ...more,
  };
}

const formats = [
  () => json(),
  () => ndjson(),
  () => ndjson({ compression: "gzip" }),
  () => text(),
  () => bytes(),
  () => file({ extension: "duckdb" }),
] as const;

/** The pipeline that a spec describes. */
export function pipelineOf(
  { name, tasks }: PipelineSpec,
  { compute, storage, reversed, ...options }: Setting,
): Pipeline {
  const outputs = tasks.map(outputsOf);
  const sources = new Map<number, Dataset>();
  const built = tasks.map((spec, index): AnyTask => {
    const inputs: Record<string, Dataset> = {};
    spec.inputs.forEach(([from, output], i) => {
      const written = outputs[from] ?? [];
      inputs[`from_${i}`] = written[output % written.length] as Dataset;
    });
    for (const number of spec.sources) {
      const source = sources.get(number) ?? new Dataset(`source_${number}`, { storage });
      sources.set(number, source);
      inputs[`source_${number}`] = source;
    }
    const written = outputs[index] ?? [];
    return task(
      spec.name,
      {
        inputs,
        output:
          written.length === 1
            ? (written[0] as Dataset)
            : Object.fromEntries(written.map((one, i) => [`out_${i}`, one])),
        retries: spec.retries,
        secrets: Object.fromEntries(spec.secrets.map((key, i) => [`s${i}`, secret(key)])),
        ...(compute !== undefined && { compute }),
        ...(spec.timeout !== undefined && { timeout: spec.timeout }),
        ...(spec.quarantine && { onInvalid: new Dataset(`${short(spec.name)}-bad`, { format: ndjson() }) as never }),
      },
      () => {
        throw new Error("the kit's pipelines are compiled, never run");
      },
    );
  });
  return new Pipeline(name, reversed === true ? built.reverse() : built, options) as unknown as Pipeline;
}

function outputsOf({ name, outputs, outputNames, format }: TaskSpec): Dataset[] {
  const make = formats[format % formats.length] as () => never;
  return Array.from(
    { length: outputs },
    (_, i) => new Dataset(outputNames?.[i] ?? `${short(name)}-out${i}`, { format: make() }),
  );
}

/** The end of a name, which tells it from others, with room for a suffix. */
function short(name: string): string {
  return name.length <= 57 ? name : `d${name.slice(-50)}`;
}
