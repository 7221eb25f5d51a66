export {
  type FormatCase,
  type FormatSuiteOptions,
  type RowsFormatCase,
  type RowsFormatOptions,
  testFormat,
  type ValueFormatCase,
  type ValueFormatOptions,
} from "./test-format.ts";
