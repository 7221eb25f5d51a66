import type { StorageAdapter, WriteOptions } from "@glacier/core";
import { body as bodyOf } from "../../bodies.ts";
import { collect } from "../../calls.ts";
import type { StorageCase } from "../../test-storage.ts";
import type { Reference } from "../reference.ts";

/** Methods in place of the right ones; one adapter's mistake. */
export type Mutant = (good: Reference) => Partial<StorageAdapter>;

/** For each case the mistakes that it must see, by what they are. */
export type MutantsOf<Case extends StorageCase> = { readonly [C in Case]: Readonly<Record<string, Mutant>> };

/** A mutant that stores other bytes than it was given. */
export function changing(
  { adapter }: Reference,
  change: (bytes: Buffer, options: WriteOptions | undefined) => Uint8Array,
): Partial<StorageAdapter> {
  return {
    async write(key, body, options) {
      return adapter.write(key, bodyOf(change(await collect(body), options)), options);
    },
  };
}

/** All bytes of a body. */
export const whole: (body: AsyncIterable<Uint8Array>) => Promise<Buffer> = collect;

/** A body with other chunks. */
export async function* map(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  change: (chunk: Uint8Array) => Uint8Array,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) yield change(chunk);
}
