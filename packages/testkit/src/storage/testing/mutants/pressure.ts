import type { pressure } from "../../cases/pressure.ts";
import { changing, type MutantsOf } from "./mutant.ts";

export const brokenPressure: MutantsOf<keyof typeof pressure> = {
  "no chunk is asked for before the last one is there": {
    "asks for two at once": ({ put }) => ({
      async write(key, body) {
        const source = body[Symbol.asyncIterator]();
        const chunks: Uint8Array[] = [];
        for (;;) {
          const both = await Promise.all([source.next(), source.next()]);
          for (const { done, value } of both) if (done !== true) chunks.push(value);
          if (both[1]?.done === true) return put(key, Buffer.concat(chunks));
        }
      },
    }),
  },
  "a write holds no more of a larger body than it may": {
    "collects the whole body": () => ({}),
    "collects copies of it": (good) => changing(good, (bytes) => bytes),
  },
};
