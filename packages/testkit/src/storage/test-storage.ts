import type { StorageAdapter } from "@glacier/core";
import { registerSuite, type SuiteOptions } from "../suite.ts";
import { cancellation } from "./cases/cancellation.ts";
import { conditions } from "./cases/conditions.ts";
import { copies } from "./cases/copies.ts";
import { deletes } from "./cases/deletes.ts";
import { errors } from "./cases/errors.ts";
import { information } from "./cases/information.ts";
import { keys } from "./cases/keys.ts";
import { listing } from "./cases/listing.ts";
import { paths } from "./cases/paths.ts";
import { pressure } from "./cases/pressure.ts";
import { ranges } from "./cases/ranges.ts";
import { releases } from "./cases/releases.ts";
import { roundTrips } from "./cases/round-trips.ts";
import { wholeness } from "./cases/wholeness.ts";
import { runCase, type StorageTest } from "./subject.ts";

/** A case of {@link testStorage}, by its name. */
export type StorageCase =
  | keyof typeof roundTrips
  | keyof typeof ranges
  | keyof typeof conditions
  | keyof typeof wholeness
  | keyof typeof cancellation
  | keyof typeof pressure
  | keyof typeof releases
  | keyof typeof listing
  | keyof typeof keys
  | keyof typeof deletes
  | keyof typeof information
  | keyof typeof errors
  | keyof typeof copies
  | keyof typeof paths;

/** Options of {@link testStorage}. */
export interface StorageSuiteOptions extends SuiteOptions<StorageCase> {
  /**
   * A fresh, empty storage. Called in each case, where vitest's `onTestFinished` may clean up behind it; the case ends
   * with the adapter's own `close`, where it has one.
   */
  readonly create: () => StorageAdapter | Promise<StorageAdapter>;
  /** Sizes in bytes at which the adapter changes its way of writing (multipart): each is written at -1, 0 and +1. */
  readonly thresholds?: readonly number[];
  /** Bytes that the adapter may hold of one write. Default 64 MiB. */
  readonly maxBuffered?: number;
  /**
   * Strings that no error and no uri may contain: the access keys and passwords that `create` uses; `[]` where there are none.
   * Without it the case about them fails.
   */
  readonly credentials?: readonly string[];
}

/**
 * Registers the conformance suite of a storage adapter: what the docstrings of `StorageAdapter` promise, one vitest test a
 * case. A case about an optional method passes where the adapter has no such method.
 */
export function testStorage(title: string, options: StorageSuiteOptions): void {
  const run = (test: StorageTest) => () => runCase(test, options);
  const cases = Object.fromEntries(Object.entries(storageCases).map(([name, test]) => [name, run(test)]));
  registerSuite(title, cases as Record<StorageCase, () => Promise<void>>, options);
}

/** Every case; {@link runCase} runs one without registering it. */
export const storageCases: Readonly<Record<StorageCase, StorageTest>> = {
  ...roundTrips,
  ...ranges,
  ...conditions,
  ...wholeness,
  ...cancellation,
  ...pressure,
  ...releases,
  ...listing,
  ...keys,
  ...deletes,
  ...information,
  ...errors,
  ...copies,
  ...paths,
};
