import type { AnyPipeline } from "@glacier/core";
import { expect } from "vitest";
import {
  blobs,
  files,
  manyRows,
  noRows,
  partial,
  pattern,
  rowAt,
  rowCount,
  several,
  someText,
  someValue,
  streamSize,
  streams,
  texts,
  values,
} from "../pipelines/shapes.ts";
import { expectSuccess, type World, type WorldCases } from "../world.ts";

export type ShapeCase =
  | "values go from task to task"
  | "text goes from task to task"
  | "rows go from task to task, from a generator"
  | "no rows at all are a dataset too"
  | "bytes go from task to task"
  | "a stream of unknown size goes from task to task"
  | "files go from task to task"
  | "a task has several outputs, and several inputs"
  | "a task need not read its input to the end";

const utf8 = new TextEncoder();
const allRows = Array.from({ length: rowCount }, (_, n) => rowAt(n));

/** Inputs and outputs of every shape: the bytes that are stored, and what the next handler makes of them. */
export const shapes: WorldCases<ShapeCase> = {
  async "values go from task to task"(world) {
    await runs(world, values);
    expect(await world.json(values, "value")).toEqual(someValue);
    expect(await world.bytes(values, "copied")).toEqual(await world.bytes(values, "value"));
  },

  async "text goes from task to task"(world) {
    await runs(world, texts);
    for (const name of ["words", "copied"]) expectBytes(await world.bytes(texts, name), utf8.encode(someText));
  },

  async "rows go from task to task, from a generator"(world) {
    await runs(world, manyRows, { rows: rowCount });
    for (const name of ["rows", "copied"]) expectBytes(await world.bytes(manyRows, name), ndjsonOf(allRows));
  },

  async "no rows at all are a dataset too"(world) {
    await runs(world, noRows, { rows: 0 });
    for (const name of ["rows", "copied"]) expectBytes(await world.bytes(noRows, name), new Uint8Array());
  },

  async "bytes go from task to task"(world) {
    await runs(world, blobs);
    const made = Uint8Array.from({ length: 512 }, (_, at) => at);
    for (const name of ["blob", "copied"]) expectBytes(await world.bytes(blobs, name), made);
  },

  async "a stream of unknown size goes from task to task"(world) {
    await runs(world, streams);
    for (const name of ["blob", "copied"]) expectBytes(await world.bytes(streams, name), pattern(0, streamSize));
  },

  async "files go from task to task"(world) {
    await runs(world, files);
    for (const name of ["paper", "copied"]) expectBytes(await world.bytes(files, name), pattern(0, 70_000));
  },

  async "a task has several outputs, and several inputs"(world) {
    await runs(world, several);
    expectBytes(await world.bytes(several, "evens"), ndjsonOf([0, 2, 4].map(rowAt)));
    expect(await world.json(several, "count")).toBe(3);
    expectBytes(await world.bytes(several, "note"), utf8.encode(someText));
    expect(await world.json(several, "copied")).toEqual({ rows: [0, 2, 4].map(rowAt), count: 3, note: someText });
  },

  async "a task need not read its input to the end"(world) {
    await runs(world, partial);
    expectBytes(await world.bytes(partial, "copied"), ndjsonOf([rowAt(0)]));
  },
};

/** Runs it, and compares what events and manifests say of each dataset with what is stored. */
async function runs(world: World, pipeline: AnyPipeline, counts: { rows?: number } = {}): Promise<void> {
  const run = await world.run(pipeline);
  expectSuccess(run);
  for (const { name } of pipeline.datasets) {
    const bytes = (await world.bytes(pipeline, name))?.length;
    const written = run.events.filter((event) => event.type === "dataset.written" && event.dataset === name);
    expect(written, `dataset.written of "${name}"`).toMatchObject([{ bytes, ...counts }]);
    expect(await world.manifest(pipeline, name), `manifest of "${name}"`).toMatchObject({
      bytes,
      ...counts,
      etag: written.map((event) => "etag" in event && event.etag)[0],
      runId: run.runId,
    });
  }
}

function ndjsonOf(rows: readonly unknown[]): Uint8Array {
  return utf8.encode(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}

/** `toEqual` of some MiB takes minutes, and its report longer. */
function expectBytes(found: Uint8Array | undefined, expected: Uint8Array): void {
  expect(found?.length, "bytes").toBe(expected.length);
  expect(found?.findIndex((byte, at) => byte !== expected[at]) ?? -1, "the first byte that differs").toBe(-1);
}
