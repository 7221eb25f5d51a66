import type { GlacierError, StorageResource } from "@glacier/core";
import { expect } from "vitest";
import { compile, complaints, type TargetSubject } from "./compile.ts";
import { typical } from "./random.ts";

/** A compute kind that the target can't run is refused by the name of a task that asks for it. */
export async function refusesCompute(subject: TargetSubject, kind: string): Promise<void> {
  const errors = await complaints(subject, typical, { compute: { kind } });
  expect(errors.length, `complaints about compute of kind "${kind}"`).toBeGreaterThan(0);
  const told = errors.flatMap(everything).join("\n");
  expect(
    typical.tasks.some(({ name }) => told.includes(`"${name}"`)),
    `a task is named in: ${told}`,
  ).toBe(true);
}

/** A dataset that no task there could reach is refused by its name or that of a task that uses it. */
export async function refusesStorage(subject: TargetSubject, storage: StorageResource): Promise<void> {
  const dataset = "load-out0";
  const errors = await complaints(subject, typical, { bindings: { [dataset]: storage } });
  expect(errors.length, `complaints about storage of kind "${storage.kind}"`).toBeGreaterThan(0);
  const told = errors.flatMap(everything).join("\n");
  expect(
    [dataset, "load", "split", "merge"].some((name) => told.includes(`"${name}"`)),
    `the dataset or a task of it is named in: ${told}`,
  ).toBe(true);
}

/** Remarks are well-formed where all is well, and where much is not. */
export async function diagnostics(subject: TargetSubject): Promise<void> {
  await compile(subject, typical, { tenant: "acme", schedule: "0 3 * * *" });
  await complaints(subject, typical, {
    compute: { kind: "abacus" },
    bindings: { "load-out0": { kind: "punch-cards" } },
  });
}

/** Messages, and the names that their contexts hold, quoted as in a message. */
function everything(error: GlacierError): string[] {
  return [error, ...error.issues].flatMap(({ message, context: { task, dataset } }) => [
    message,
    `"${task}"`,
    `"${dataset}"`,
  ]);
}
