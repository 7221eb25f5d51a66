import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import type { ReadResult } from "@glacier/core";
import type { releases } from "../../cases/releases.ts";
import type { Mutant, MutantsOf } from "./mutant.ts";

export const brokenReleases: MutantsOf<keyof typeof releases> = {
  "leaving a read early releases it": {
    "closes at the end only": holding(async function* (body, close) {
      yield* body;
      close();
    }),
  },
  "a read that is returned before its first chunk is released": {
    "closes in a generator that never began": holding(async function* (body, close) {
      try {
        yield* body;
      } finally {
        close();
      }
    }),
  },
  "the signal releases a read that nobody goes on with": {
    "hears the signal when it is asked for more": holding(async function* (body, close) {
      try {
        yield* body;
      } finally {
        close();
      }
    }),
  },
  "reads and writes that fail are released": {
    "closes what it opened when all went well": ({ adapter }) => ({
      async read(key, options) {
        const file = openSync(devNull, "r");
        const result = await adapter.read(key, options);
        closeSync(file);
        return result;
      },
    }),
  },
  "leaving a listing early releases it": {
    "closes at the end only": ({ adapter }) => ({
      async *list(prefix, options) {
        const file = openSync(devNull, "r");
        yield* adapter.list(prefix, options);
        closeSync(file);
      },
    }),
  },
};

/** A read that holds a file, closed by whoever wraps its body. */
function holding(wrap: (body: ReadResult["body"], close: () => void) => ReadResult["body"]): Mutant {
  return ({ adapter }) => ({
    async read(key, options) {
      const { info, body } = await adapter.read(key, options);
      const file = openSync(devNull, "r");
      return { info, body: wrap(body, () => closeSync(file)) };
    },
  });
}
