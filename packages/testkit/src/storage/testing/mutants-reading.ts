import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import type { ObjectInfo, ReadResult, StorageAdapter } from "@glacier/core";
import { body } from "../bodies.ts";
import { listed } from "../calls.ts";
import type { listing } from "../cases/listing.ts";
import type { ranges } from "../cases/ranges.ts";
import type { releases } from "../cases/releases.ts";
import type { Mutant, MutantsOf } from "./mutant.ts";
import { fail } from "./reference.ts";

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

export const brokenListing: MutantsOf<keyof typeof listing> = {
  "nothing to list": {
    "is an error": relisting((found, prefix) =>
      found.length === 0 ? fail("NOT_FOUND", `nothing begins with "${prefix}"`) : found,
    ),
  },
  "keys come in the order of their UTF-8 bytes": {
    "sorts by UTF-16": relisting((found) => found.sort((a, b) => (a.key < b.key ? -1 : 1))),
    "walks folders by name": relisting((found) => found.sort((a, b) => compareSegments(a.key, b.key))),
  },
  "a prefix is any string, also within a segment": {
    "lists folders only": relisting((found, prefix) =>
      found.filter(
        ({ key }) => prefix === "" || prefix.endsWith("/") || key === prefix || key.startsWith(`${prefix}/`),
      ),
    ),
  },
  "a/b/ is not a prefix of a/bc": {
    "drops the last /": ({ adapter }) => ({
      list: (prefix, options) => adapter.list(prefix.replace(/\/$/, ""), options),
    }),
  },
  "one level: objects and prefixes in one order": {
    "lists prefixes behind objects": relisting((found) =>
      found.sort((a, b) => Number(a.prefix ?? false) - Number(b.prefix ?? false)),
    ),
    "lists all levels": ({ adapter }) => ({
      list: (prefix, { delimiter, ...options } = {}) => adapter.list(prefix, options),
    }),
  },
  "a page of one": {
    "ends after a page": relisting((found, _, pageSize) => found.slice(0, pageSize)),
    "begins each page with the last page's end": relisting((found, _, pageSize) =>
      found.flatMap((info, i) => (i > 0 && i % pageSize === 0 ? [found[i - 1] as ObjectInfo, info] : [info])),
    ),
  },
  "more than 1,000 keys": {
    "lists the first 1,000": relisting((found) => found.slice(0, 1_000)),
    "loses the last page": relisting((found) =>
      found.slice(0, found.length - (found.length % 1_000 || found.length) || found.length),
    ),
  },
  "a listing says of an object what stat says": {
    "has no sizes": relisting((found) => found.map((info) => ({ ...info, size: 0 }))),
    "has other etags": relisting((found) => found.map((info) => ({ ...info, etag: `W/${info.etag}` }))),
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

function relisting(change: (found: ObjectInfo[], prefix: string, pageSize: number) => ObjectInfo[]): Mutant {
  return ({ adapter }): Partial<StorageAdapter> => ({
    async *list(prefix, options) {
      yield* change(await listed(adapter, prefix, options), prefix, options?.pageSize ?? 1_000);
    },
  });
}

function compareSegments(a: string, b: string): number {
  const [left, right] = [a.split("/"), b.split("/")];
  for (let i = 0; ; i++) {
    const order = Buffer.compare(Buffer.from(left[i] ?? ""), Buffer.from(right[i] ?? ""));
    if (order !== 0 || i >= left.length) return order;
  }
}
