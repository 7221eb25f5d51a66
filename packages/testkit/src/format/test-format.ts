import type { Column, Provider, RowsFormat, ValueFormat } from "@glacier/core";
import type fc from "fast-check";
import { registerSuite, type SuiteOptions } from "../suite.ts";
import { type RowsFormatCase, rowsCases } from "./rows-cases.ts";
import { type ValueFormatCase, valueCases } from "./value-cases.ts";

export type { RowsFormatCase, ValueFormatCase };

/** Name of a case of {@link testFormat}. */
export type FormatCase = RowsFormatCase | ValueFormatCase;

interface FormatOptions {
  /** Providers that bring the format, for the registry that builds it again; core's own need none. */
  readonly providers?: readonly Provider[];
  /** Whether what was read is what was written; default: equal in value and type (`toStrictEqual`). */
  readonly equals?: (read: unknown, written: unknown) => boolean;
  /**
   * What a file gives that is cut off. `fails` (the default): `DECODE_FAILED`, wherever the cut is. `whole`: the
   * format marks the end of a row or value but not of the file, so that a cut behind whole rows gives these (behind a whole
   * value that); all else fails. `anything`: it marks neither (text, csv, where the last line end may be missing), so that the
   * last row, or the value, may be cut too.
   */
  readonly cutOff?: "fails" | "whole" | "anything";
}

/** Options of {@link testFormat} for a format of rows. */
export interface RowsFormatOptions extends FormatOptions, SuiteOptions<RowsFormatCase> {
  readonly shape: "rows";
  /** The format, made anew for each case. */
  readonly create: () => RowsFormat | Promise<RowsFormat>;
  /** The columns that the codec is told of; without them it is told of none. */
  readonly columns?: readonly Column[];
  /**
   * Rows that come back as they are. Default: with `columns` any value of each column's type (`NaN`, -0, dates, bigints of 64
   * bits, nulls and missing keys where they may be), else objects of JSON values.
   */
  readonly rows?: fc.Arbitrary<readonly unknown[]>;
  /** Bytes (of rows as JSON, or of the file) that the codec may hold at once. Default 1 MiB. */
  readonly maxBuffered?: number;
}

/** Options of {@link testFormat} for a format of one value. */
export interface ValueFormatOptions extends FormatOptions, SuiteOptions<ValueFormatCase> {
  readonly shape: "value";
  /** The format, made anew for each case. */
  readonly create: () => ValueFormat | Promise<ValueFormat>;
  /** Values that come back as they are. Default: any JSON value. */
  readonly value?: fc.Arbitrary<unknown>;
}

/** Options of {@link testFormat}; `shape` says which cases there are. Formats without a codec (bytes, file) have nothing to test. */
export type FormatSuiteOptions = RowsFormatOptions | ValueFormatOptions;

/**
 * Registers the tests that every format passes: what is written comes back, in bounded memory, with the format's own errors
 * and no others. Call it where vitest collects tests.
 */
export function testFormat(title: string, options: FormatSuiteOptions): void {
  if (options.shape === "rows") registerSuite(title, rowsCases(options), options);
  else registerSuite(title, valueCases(options), options);
}
