import type { ObjectInfo, StorageAdapter } from "@glacier/core";
import { listed } from "../../calls.ts";
import type { listing } from "../../cases/listing.ts";
import { fail } from "../reference.ts";
import type { Mutant, MutantsOf } from "./mutant.ts";

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
