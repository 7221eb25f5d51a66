import { json, type ValueFormat } from "@glacier/core";
import { joined } from "../io.ts";
import type { ValueFormatCase } from "../value-cases.ts";
import { decodeFailed, mapped } from "./mutate.ts";

const plain = json();

/** For each case the mistakes that it must see, by what they are. */
export const brokenValue: Readonly<Record<ValueFormatCase, Readonly<Record<string, () => ValueFormat>>>> = {
  "gives back what was written, however it is cut": {
    sorts: value({
      decode: async (source, context) => {
        const found = await plain.decode(source, context);
        return Array.isArray(found) ? found.sort() : found;
      },
    }),
  },
  "writes the same bytes each time": {
    "draws lots": value({
      encode: (content, context) =>
        mapped(plain.encode(content, context), (bytes) =>
          Math.random() < 0.5 ? bytes : new Uint8Array([...bytes, 10]),
        ),
    }),
  },
  "a registry builds it again": {
    "has a name that no provider brings": value({ name: "jsonx" }),
  },
  "a file that is cut off is found out": {
    "mends what is cut": value({ decode: (source, context) => plain.decode(source, context).catch(() => null) }),
  },
  "damaged files give no error but the format's own": {
    "lets others' errors out": value({
      decode: async (source) => JSON.parse(new TextDecoder().decode(await joined(source.stream()))),
    }),
  },
  "what can't be written is refused": {
    "writes null for what it can't": value({
      encode: (content, context) => plain.encode(typeof content === "function" ? null : content, context),
    }),
  },
  "errors of the source pass as they are": {
    "wraps errors of the source": value({
      decode: (source, context) =>
        plain.decode(source, context).catch(() => {
          throw decodeFailed("no", context);
        }),
    }),
  },
  "an aborted signal ends reading": {
    "reads on after an abort": value({ decode: (source, { signal: _, ...context }) => plain.decode(source, context) }),
  },
  "no error tells what the data is": {
    "tells what it read": value({
      async decode(source, context) {
        const text = new TextDecoder().decode(await joined(source.stream()));
        try {
          return JSON.parse(text);
        } catch {
          throw decodeFailed(text, context);
        }
      },
    }),
  },
};

/** json, but for what is said. */
function value(change: Partial<ValueFormat>): () => ValueFormat {
  return () => ({ ...plain, ...change });
}
