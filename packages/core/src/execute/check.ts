import type { AnyDataset } from "../dataset/dataset.ts";
import type { Json } from "../json.ts";
import type { AnySchema } from "../schema/standard.ts";
import { invalidData, problemsOf, validate } from "../schema/validate.ts";
import type { QuarantineQueue } from "./quarantine.ts";

/** What becomes of rows that don't match their schema. */
export type OnInvalid = "fail" | "skip" | QuarantineQueue;

/** How rows of one dataset are checked. */
export interface RowCheck {
  readonly task: string;
  readonly dataset: AnyDataset;
  readonly direction: "read" | "written";
  readonly onInvalid: OnInvalid;
  /** Called with the number of rows that were left out. */
  readonly leftOut: (rows: number) => void;
}

/**
 * Validates rows as they stream. A read row becomes what the schema makes of it; a written one stays as it is, since
 * the schema's transformations belong to the reader. Errors: `DATA_INVALID` with the row's number.
 */
export async function* checkRows(batches: AsyncIterable<unknown[]>, check: RowCheck): AsyncGenerator<unknown[]> {
  const { schema } = check.dataset;
  if (schema === undefined) {
    yield* batches;
    return;
  }
  let row = 0;
  for await (const batch of batches) {
    const kept: unknown[] = [];
    for (const value of batch) {
      row++;
      const answer = validate(schema, value);
      const result = answer instanceof Promise ? await answer : answer;
      if (result.issues === undefined) kept.push(check.direction === "read" ? result.value : value);
      else await reject(check, row, value, problemsOf(result.issues, value));
    }
    if (kept.length > 0) yield kept;
  }
}

/** Validates one value. Errors: `DATA_INVALID`. */
export async function checkValue(
  value: unknown,
  schema: AnySchema | undefined,
  where: { task: string; dataset: string; direction: "read" | "written" },
): Promise<unknown> {
  if (schema === undefined) return value;
  const result = await validate(schema, value);
  if (result.issues !== undefined) throw invalidData(where, problemsOf(result.issues, value));
  return where.direction === "read" ? result.value : value;
}

async function reject(
  check: RowCheck,
  row: number,
  value: unknown,
  problems: ReturnType<typeof problemsOf>,
): Promise<void> {
  const { task, dataset, direction, onInvalid } = check;
  if (onInvalid === "fail") throw invalidData({ task, dataset: dataset.name, row, direction }, problems);
  check.leftOut(1);
  if (onInvalid !== "skip")
    await onInvalid.push({ dataset: dataset.name, row, issues: problems, value: value as Json });
}
