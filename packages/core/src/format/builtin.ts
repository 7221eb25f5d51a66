import type { FormatFactory } from "../provider/provider.ts";
import { json } from "./json.ts";
import { ndjson } from "./ndjson.ts";
import { bytes, file } from "./raw.ts";
import { text } from "./text.ts";

/** The formats that core brings, by name. */
export const builtinFormats: Readonly<Record<string, FormatFactory>> = { json, ndjson, text, bytes, file };
