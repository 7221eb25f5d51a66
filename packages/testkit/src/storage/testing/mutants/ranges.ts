import { body } from "../../bodies.ts";
import type { ranges } from "../../cases/ranges.ts";
import { fail } from "../reference.ts";
import type { Mutant, MutantsOf } from "./mutant.ts";

export const brokenRanges: MutantsOf<keyof typeof ranges> = {
  "a range with both ends": {
    "takes the end as inclusive": ({ adapter }) => ({
      read: (key, options = {}) =>
        adapter.read(key, {
          ...options,
          ...(options.range?.end !== undefined && { range: { ...options.range, end: options.range.end + 1 } }),
        }),
    }),
    "says the part's size": ({ adapter }) => ({
      async read(key, options) {
        const { info, body } = await adapter.read(key, options);
        const size = options?.range?.end === undefined ? info.size : options.range.end - options.range.start;
        return { info: { ...info, size }, body };
      },
    }),
  },
  "a range to the object's end": {
    "ignores a range without an end": ({ adapter }) => ({
      read: (key, { range, ...options } = {}) =>
        adapter.read(key, range?.end === undefined ? options : { ...options, range }),
    }),
  },
  "a range that counts from the end": {
    "takes a negative start for 0": atStart((start) => Math.max(0, start)),
    "ignores the end then": ({ adapter }) => ({
      read: (key, options = {}) =>
        adapter.read(
          key,
          options.range !== undefined && options.range.start < 0
            ? { ...options, range: { start: options.range.start } }
            : options,
        ),
    }),
  },
  "a range from the end that is longer than the object": {
    "can't be satisfied": failing((start, size) => start < -size),
  },
  "a range that lies past the end, in part or whole": {
    "can't be satisfied": failing((start, size) => size > 0 && start >= size),
    "says what the backend says: 416": failing((start) => start >= 12),
  },
  "a range of no bytes": {
    "sends bytes=5-4, which answers all": ({ adapter }) => ({
      read: (key, { range, ...options } = {}) =>
        adapter.read(key, range === undefined || range.start === range.end ? options : { ...options, range }),
    }),
  },
  "any range of an object of no bytes": {
    "can't be satisfied": failing((_, size) => size === 0),
  },
  "ranges of a large object": {
    "reads within the first block only": ({ adapter, objects }) => ({
      async read(key, options) {
        const { info } = await adapter.read(key, options);
        const { start = 0, end } = options?.range ?? {};
        return { info, body: body(objects.get(key)?.bytes.subarray(start, end).subarray(0, 1_048_576) ?? "") };
      },
    }),
  },
  "a range of one version only, by ifMatch": {
    "forgets ifMatch with a range": ({ adapter }) => ({
      read: (key, { ifMatch, ...options } = {}) =>
        adapter.read(key, options.range !== undefined || ifMatch === undefined ? options : { ...options, ifMatch }),
    }),
  },
  "a range of a missing object": {
    "answers nothing": ({ adapter, objects }) => ({
      read: async (key, options) =>
        options?.range !== undefined && !objects.has(key)
          ? { info: { key, size: 0, etag: "0" }, body: body() }
          : adapter.read(key, options),
    }),
  },
};

function atStart(change: (start: number) => number): Mutant {
  return ({ adapter }) => ({
    read: (key, options = {}) =>
      adapter.read(key, {
        ...options,
        ...(options.range && { range: { ...options.range, start: change(options.range.start) } }),
      }),
  });
}

function failing(when: (start: number, size: number) => boolean): Mutant {
  return ({ adapter }) => ({
    async read(key, options) {
      const result = await adapter.read(key, options);
      if (options?.range !== undefined && when(options.range.start, result.info.size))
        fail("STORAGE_FAILED", "InvalidRange", key);
      return result;
    },
  });
}
