import {
  type AnyPipeline,
  type ComputeResource,
  createRegistry,
  type Executor,
  type GlacierError,
  type Json,
  type Manifest,
  Pipeline,
  type Plan,
  type Provider,
  type Registry,
  type RunEvent,
  type RunOptions,
  type RunResult,
  readManifest,
  type StorageResource,
} from "@glacier/core";
import { expect } from "vitest";
import { heldSecret, secretValue } from "./pipelines/secrets.ts";

/** What the suite is told of the executor under test. */
export interface Subject {
  /**
   * A fresh executor with empty storage of its own, which this process can reach too. The place where it runs tasks holds
   * the given secrets, by name. It runs several pipelines in turn, so it must outlive its `close`.
   */
  create(given: { readonly secrets: Readonly<Record<string, string>> }): Executor | Promise<Executor>;
  /** What every task asks for. Absent: the executor's default. */
  readonly compute?: ComputeResource;
  /** Providers for the run's registry, beside the executor's own. */
  readonly providers?: readonly Provider[];
}

/** One executor, and what a case does with it. */
export interface World {
  /** Runs a pipeline of the kit to its end, whichever that is. */
  run(pipeline: AnyPipeline, options?: Options): Promise<Ran>;
  /** As the executor binds it. */
  plan(pipeline: AnyPipeline, tenant?: string): Promise<Plan>;
  unbound(pipeline: AnyPipeline, tenant?: string): Plan;
  /** A dataset's bytes now, or undefined where there are none. */
  bytes(pipeline: AnyPipeline, dataset: string, tenant?: string): Promise<Uint8Array | undefined>;
  json(pipeline: AnyPipeline, dataset: string, tenant?: string): Promise<Json | undefined>;
  manifest(pipeline: AnyPipeline, dataset: string, tenant?: string): Promise<Manifest | undefined>;
  /** Writes a source. */
  put(pipeline: AnyPipeline, dataset: string, text: string): Promise<void>;
  /** Everything under the state root of the pipeline that ran last, as text. */
  state(): Promise<string>;
}

export type Options = Omit<RunOptions, "registry" | "bindings"> & { readonly params?: Json };

/** How a run went. */
export interface Ran {
  readonly runId: string;
  readonly events: readonly RunEvent[];
  readonly result: RunResult | undefined;
  /** What `run` rejected with. */
  readonly error: GlacierError | undefined;
}

/** Cases by name, each for a world of its own. */
export type WorldCases<Case extends string> = Readonly<Record<Case, (world: World) => Promise<void>>>;

/** Makes a world, and ends it after the case. */
export async function inWorld(subject: Subject, use: (world: World) => Promise<void>): Promise<void> {
  const executor = await subject.create({ secrets: { [heldSecret]: secretValue } });
  const registry = createRegistry([...(executor.providers ?? []), ...(subject.providers ?? [])]);
  try {
    await use(worldOf(subject, executor, registry));
  } finally {
    await registry.close();
  }
}

function worldOf({ compute, providers = [] }: Subject, executor: Executor, registry: Registry): World {
  let ran: AnyPipeline | undefined;
  const unbound = (pipeline: AnyPipeline, tenant?: string): Plan => {
    const placed = place(pipeline, compute);
    return placed.plan({ for: executor, tenant, bindings: sourcesOf(placed, executor) });
  };
  const planOf = async (pipeline: AnyPipeline, tenant?: string): Promise<Plan> => {
    const plan = unbound(pipeline, tenant);
    return (await executor.bind?.(plan)) ?? plan;
  };
  const locate = async (pipeline: AnyPipeline, name: string, tenant?: string) => {
    const dataset = (await planOf(pipeline, tenant)).datasets.find((one) => one.name === name);
    if (dataset === undefined) throw new Error(`pipeline "${pipeline.name}" has no dataset "${name}"`);
    return { adapter: registry.storage(dataset.storage), key: dataset.key };
  };
  const world: World = {
    async run(pipeline, options = {}) {
      ran = pipeline;
      const placed = place(pipeline, compute);
      const events: RunEvent[] = [];
      const settled = await placed
        .run({
          ...options,
          executor,
          bindings: sourcesOf(placed, executor),
          registry: createRegistry(providers),
          onEvent(event) {
            events.push(event);
            options.onEvent?.(event);
          },
        })
        .then(
          (result) => ({ result, error: undefined }),
          (error: GlacierError) => ({ result: undefined, error }),
        );
      return { ...settled, events, runId: events[0]?.runId ?? "" };
    },
    plan: planOf,
    unbound,
    async bytes(pipeline, dataset, tenant) {
      const { adapter, key } = await locate(pipeline, dataset, tenant);
      return readWhole(adapter.read(key).then(({ body }) => body));
    },
    async json(pipeline, dataset, tenant) {
      const bytes = await world.bytes(pipeline, dataset, tenant);
      return bytes === undefined ? undefined : JSON.parse(new TextDecoder().decode(bytes));
    },
    async manifest(pipeline, dataset, tenant) {
      return (await readManifest(await planOf(pipeline, tenant), dataset, registry))?.manifest;
    },
    async put(pipeline, dataset, text) {
      const { adapter, key } = await locate(pipeline, dataset);
      await adapter.write(key, new Blob([text]).stream());
    },
    async state() {
      const { state } = ran === undefined ? executor : await planOf(ran);
      const adapter = registry.storage(state);
      const texts: string[] = [];
      for await (const { key } of adapter.list("")) {
        texts.push(key, new TextDecoder().decode(await readWhole(adapter.read(key).then(({ body }) => body))));
      }
      return texts.join("\n");
    },
  };
  return world;
}

/** The same pipeline, whose tasks ask for that compute, and whose module is the kit's. */
function place(pipeline: AnyPipeline, compute: ComputeResource | undefined): Pipeline {
  const tasks = compute === undefined ? pipeline.tasks : pipeline.tasks.map((task) => ({ ...task, compute }));
  return new Pipeline(pipeline.name, tasks, {
    ...(pipeline.module !== undefined && { module: pipeline.module }),
  }) as Pipeline;
}

/** Sources lie where everything else does. */
function sourcesOf({ sources }: Pipeline, { defaultStorage }: Executor): Record<string, StorageResource> {
  return Object.fromEntries(sources.map(({ name }) => [name, defaultStorage]));
}

async function readWhole(opening: Promise<AsyncIterable<Uint8Array>>): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of await opening) chunks.push(chunk);
  } catch (error) {
    if ((error as GlacierError).code === "NOT_FOUND") return undefined;
    throw error;
  }
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

/** The run succeeded. */
export function expectSuccess(run: Ran): asserts run is Ran & { readonly result: RunResult } {
  expect(run.error?.toJSON(), "the run's error").toBeUndefined();
}
