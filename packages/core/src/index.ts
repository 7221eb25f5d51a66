export {
  type ComputeResource,
  type ContainerCompute,
  compute,
  type LocalCompute,
  type ServerlessCompute,
} from "./compute/resource.ts";
export type { Environment, GlacierConfig } from "./config.ts";
export { type AnyDataset, Dataset, type DatasetOptions } from "./dataset/dataset.ts";
export { type Rows, rowsOf } from "./dataset/rows.ts";
export {
  describeThrown,
  deserializeError,
  type ErrorCode,
  type ErrorContext,
  errorCodes,
  GlacierError,
  type GlacierErrorInit,
  isGlacierError,
  type SerializedError,
} from "./errors/index.ts";
export type { ByteSource, CodecContext, Format, RawFormat, RowsFormat, Shape, ValueFormat } from "./format/format.ts";
export { type Compression, withGzip } from "./format/gzip.ts";
export { json } from "./format/json.ts";
export { type NdjsonOptions, ndjson } from "./format/ndjson.ts";
export { bytes, file, type RawOptions } from "./format/raw.ts";
export { text } from "./format/text.ts";
export type { GraphFormat } from "./graph/visualize.ts";
export type { Json } from "./json.ts";
export { type CompileOptions, Pipeline, type PipelineConstructor, type PlanOptions } from "./pipeline/pipeline.ts";
export type {
  AnyPipeline,
  CheckedExecutor,
  Defaults,
  NeedsOf,
  ParamsArgument,
  ParamsOf,
  PipelineOptions,
  PipelineTask,
} from "./pipeline/types.ts";
export { findDataset, findTask } from "./plan/lookup.ts";
export type { Plan, PlanDataset, PlanEdge, PlanTask, RetryPolicy } from "./plan/plan.ts";
export { contractVersion, type FormatFactory, type Provider } from "./provider/provider.ts";
export { createRegistry, type Registry, type RegistryEntry } from "./provider/registry.ts";
export type {
  Artifacts,
  Compilation,
  CompileContext,
  CompiledImage,
  Diagnostic,
  ImageRegistry,
  Target,
} from "./provider/target.ts";
export type * from "./run/events.ts";
export type { CheckContext, ExecutionContext, Executor, PipelineRun, TaskInvocation } from "./run/executor.ts";
export { readJournal } from "./run/journal.ts";
export type { Manifest } from "./run/manifest.ts";
export type { RunPreview } from "./run/preview.ts";
export type { RunOptions, RunResult } from "./run/run.ts";
export type { CommandInvocation, Scratch, TaskRuntime } from "./run/runtime.ts";
export {
  type ScheduledTask,
  type ScheduleOptions,
  type ScheduleResult,
  schedule,
  type TaskOutcome,
} from "./run/schedule.ts";
export type { Selection } from "./run/select.ts";
export { readManifest, type StateOf } from "./run/state.ts";
export { type Column, type ColumnType, columnsOf } from "./schema/columns.ts";
export type {
  JsonSchemaOptions,
  StandardIssue,
  StandardJsonSchema,
  StandardProps,
  StandardResult,
  StandardSchema,
} from "./schema/standard.ts";
export type {
  CallOptions,
  ListOptions,
  ObjectInfo,
  ReadOptions,
  ReadResult,
  StorageAdapter,
  StorageFactory,
  WriteOptions,
} from "./storage/adapter.ts";
export { normalizeKey } from "./storage/key.ts";
export {
  type AzureBlobResource,
  type GcsResource,
  type LocalFsResource,
  type MemoryResource,
  type S3Resource,
  type StorageResource,
  storage,
} from "./storage/resource.ts";
export { createStore, type Store } from "./storage/store.ts";
export { untilAborted } from "./stream/abort.ts";
export { type SecretReference, secret, secretVariable } from "./task/secret.ts";
export { type CommandOptions, type TaskFunction, task } from "./task/task.ts";
export type {
  AnyTask,
  CommandTask,
  Handler,
  Inputs,
  InvalidRow,
  Log,
  Output,
  ReadOf,
  Secrets,
  Task,
  TaskContext,
  TaskOptions,
  WriteOf,
} from "./task/types.ts";
