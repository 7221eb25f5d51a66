import { GlacierError, isGlacierError, type StorageAdapter } from "@glacier/core";
import type { copies } from "../cases/copies.ts";
import type { deletes } from "../cases/deletes.ts";
import type { errors } from "../cases/errors.ts";
import type { information } from "../cases/information.ts";
import type { keys } from "../cases/keys.ts";
import type { paths } from "../cases/paths.ts";
import type { Mutant, MutantsOf } from "./mutant.ts";
import { reference } from "./reference.ts";

/** What the mutants leak. */
export const credential = "s3cr3t-key-0123456789";

export const brokenKeys: MutantsOf<keyof typeof keys> = {
  "keys with spaces": { "trims them": renaming((key) => key.trim() || key) },
  "keys in every script, with emoji": {
    "writes Latin-1": renaming((key) => Buffer.from(key, "latin1").toString("latin1")),
  },
  "two spellings of one character (NFC, NFD) are two keys": {
    "normalises Unicode": renaming((key) => key.normalize()),
  },
  "keys that differ in case only are two keys": { "folds case": renaming((key) => key.toLowerCase()) },
  "%2F and other escapes stay as they are": {
    "decodes %2F": renaming((key) => key.replaceAll("%2F", "/")),
    "decodes all": renaming((key) => {
      try {
        return decodeURIComponent(key);
      } catch {
        return key;
      }
    }),
  },
  "keys with + # ? & and other signs of a URL": {
    "takes + for a space": renaming((key) => key.replaceAll("+", " ")),
    "cuts off at # and ?": renaming((key) => key.replace(/(?<=.)[#?].*$/, "")),
  },
  "keys with quotes, angle brackets and backslashes": {
    "takes \\ for /": renaming((key) => key.replaceAll("\\", "/")),
  },
  "keys with dots": {
    "hides dot files": ({ adapter }) => ({
      async *list(prefix, options) {
        for await (const info of adapter.list(prefix, options)) if (!/(^|\/)\./.test(info.key)) yield info;
      },
    }),
  },
  "keys of 1,000 bytes work; 1,024 too, or they are refused": {
    "cuts long keys off": renaming((key) => key.slice(0, 512)),
  },
  "a key and a key below it: both are kept, or the second is refused": {
    "replaces one by the other": ({ adapter, objects }) => ({
      write(key, body, options) {
        for (const other of objects.keys())
          if (other.startsWith(`${key}/`) || key.startsWith(`${other}/`)) objects.delete(other);
        return adapter.write(key, body, options);
      },
    }),
  },
  "keys that leave the root are refused": {
    "resolves ..": renaming((key) => new URL(key, "x://root/").pathname.slice(1).replaceAll("%00", "\0") || "a"),
  },
};

export const brokenDeletes: MutantsOf<keyof typeof deletes> = {
  "a deleted object is gone": { "does nothing": () => ({ delete: async () => {} }) },
  "deleting what isn't there is no error": {
    "is NOT_FOUND": ({ adapter }) => ({
      async delete(key, options) {
        await adapter.stat(key, options);
        await adapter.delete(key, options);
      },
    }),
  },
  "a delete takes one key, not those that begin with it": {
    "takes the folder": ({ adapter, objects }) => ({
      async delete(key, options) {
        await adapter.delete(key, options);
        for (const other of objects.keys()) if (other.startsWith(`${key}/`)) objects.delete(other);
      },
    }),
  },
  "deleteMany, where there is one: more than 1,000 keys": {
    "takes 1,000": ({ adapter }) => ({
      deleteMany: async (keys, options) => (await adapter.deleteMany?.(keys.slice(0, 1_000), options)) ?? [],
    }),
  },
  "deleteMany, where there is one: answers the keys that failed": {
    "says nothing of them": ({ adapter }) => ({
      async deleteMany(keys, options) {
        await adapter.deleteMany?.(keys, options);
        return [];
      },
    }),
    "throws at the first": ({ adapter }) => ({
      async deleteMany(keys, options) {
        for (const key of keys) await adapter.delete(key, options);
        return [];
      },
    }),
  },
};

export const brokenInformation: MutantsOf<keyof typeof information> = {
  "write, stat and read say the same of an object": {
    "write answers another etag": ({ adapter }) => ({
      write: async (key, body, options) => ({ ...(await adapter.write(key, body, options)), etag: "pending" }),
    }),
    "stat puts quotes around it": ({ adapter }) => ({
      async stat(key, options) {
        const info = await adapter.stat(key, options);
        return { ...info, etag: `"${info.etag}"` };
      },
    }),
  },
  "contentType and metadata come back as they were written, or not at all": {
    "has a contentType of its own": ({ adapter }) => ({
      stat: async (key, options) => ({
        ...(await adapter.stat(key, options)),
        contentType: "application/octet-stream",
      }),
    }),
    "keeps the old version's metadata": ({ adapter, objects }) => ({
      async write(key, body, options) {
        const metadata = objects.get(key)?.info.metadata;
        return adapter.write(key, body, { ...(metadata && { metadata }), ...options });
      },
    }),
  },
  "a uri is stable, and another for each key": {
    "has the time in it": () => ({ uri: (key) => `x:///${encodeURIComponent(key)}?${performance.now()}` }),
    "doesn't escape": () => ({ uri: (key) => new URL(key, "x://root/").href }),
    "names who may read it": () => ({ uri: (key) => `x://user:password@host/${encodeURIComponent(key)}` }),
  },
  "a storage is empty when it is made, and knows nothing of another": { "is one for all": () => shared },
};

export const brokenErrors: MutantsOf<keyof typeof errors> = {
  "NOT_FOUND: a missing object, with its key": {
    "throws an error of its own": failingAs((error) => Object.assign(new Error(error.message), { code: "ENOENT" })),
    "doesn't say the key": failingAs(({ code, message, hint }) => new GlacierError(code, { message, hint })),
    "has no hint": failingAs(({ code, message, context }) => new GlacierError(code, { message, hint: "", context })),
    "is UNAVAILABLE": failingAs(
      ({ message, hint, context }) => new GlacierError("UNAVAILABLE", { message, hint, context }),
    ),
  },
  "PRECONDITION_FAILED: with the key": {
    "doesn't say which": failingAs(
      ({ code, hint, context }) => new GlacierError(code, { message: "412", hint, context }),
    ),
  },
  "an error is retryable exactly where its code is": {
    "says that all are": failingAs(
      ({ code, message, hint, context }) => new GlacierError(code, { message, hint, context, retryable: true }),
    ),
  },
  "an error goes through JSON with its code, message and hint": {
    "hides the hint": failingAs((error) =>
      Object.assign(error, { toJSON: () => ({ code: error.code, message: error.message }) }),
    ),
  },
  "no credential in an error, its causes or a uri": {
    "says it in a message": failingAs(
      ({ code, message, hint, context }) =>
        new GlacierError(code, { message: `${message} (${credential})`, hint, context }),
    ),
    "has it in a cause": failingAs(
      ({ code, message, hint, context }) =>
        new GlacierError(code, {
          message,
          hint,
          context,
          cause: new Error("x", { cause: new Error(`auth ${credential}`) }),
        }),
    ),
    "keeps the request in a cause": failingAs(({ code, message, hint, context }) => {
      const cause = Object.assign(new Error("x"), { request: { headers: { authorization: [credential] } } });
      return new GlacierError(code, { message, hint, context, cause });
    }),
    "has it in the context": failingAs(
      ({ code, message, hint, context }) =>
        new GlacierError(code, { message, hint, context: { ...context, connection: `x://${credential}@host` } }),
    ),
    "has it in a uri": () => ({ uri: (key) => `x://host/${key}?token=${credential}` }),
  },
};

export const brokenCopies: MutantsOf<keyof typeof copies> = {
  "copy, where there is one: the same bytes under another key": {
    "is a link": ({ adapter, objects }) => ({
      async copy(from, to) {
        const info = await adapter.stat(from);
        const get = objects.get.bind(objects);
        objects.set(to, { bytes: Buffer.alloc(0), info: { ...info, key: to } });
        objects.get = (key) => (key === to ? get(from) : get(key));
        return { ...info, key: to };
      },
    }),
  },
  "copy, where there is one: create only": {
    "ignores conditions": ({ adapter }) => ({ copy: unconditional(adapter) }),
  },
  "copy, where there is one: update if the target matches": {
    "ignores conditions": ({ adapter }) => ({ copy: unconditional(adapter) }),
    "looks at what is copied": ({ adapter }) => ({
      async copy(from, to, { ifMatch, ...options } = {}) {
        if (ifMatch !== undefined && (await adapter.stat(from)).etag !== ifMatch)
          return adapter.write(to, none(), { ifMatch });
        return unconditional(adapter)(from, to, options);
      },
    }),
  },
  "copy, where there is one: of a missing object": {
    "makes an empty one": ({ adapter, objects, put }) => ({
      copy: async (from, to, options) =>
        objects.has(from) ? unconditional(adapter)(from, to, options) : put(to, Buffer.alloc(0)),
    }),
  },
};

const nowhere = "http://127.0.0.1:9/";

export const brokenPaths: MutantsOf<keyof typeof paths> = {
  "signedUrl, where there is one: its GET answers the object": {
    "leads nowhere": () => ({ signedUrl: async () => nowhere }),
  },
  "signedUrl, where there is one: its PUT writes the object": {
    "leads nowhere": () => ({ signedUrl: async () => nowhere }),
  },
  "signedUrl, where there is one: one for GET refuses PUT": {
    "leads nowhere": () => ({ signedUrl: async () => nowhere }),
  },
  "localPath, where there is one: a file with the object's bytes": {
    "is no file": () => ({ localPath: (key) => `/nowhere/${key}` }),
  },
};

const shared: Partial<StorageAdapter> = reference().adapter;

function unconditional(adapter: StorageAdapter): NonNullable<StorageAdapter["copy"]> {
  return async (from, to) => {
    const { body } = await adapter.read(from);
    return adapter.write(to, body);
  };
}

async function* none(): AsyncGenerator<Uint8Array> {}

/** Another key than the caller's, on the way in; listings show what is stored. */
function renaming(rename: (key: string) => string): Mutant {
  return ({ adapter }) => ({
    read: (key, options) => adapter.read(rename(key), options),
    write: async (key, body, options) => ({ ...(await adapter.write(rename(key), body, options)), key }),
    stat: async (key, options) => ({ ...(await adapter.stat(rename(key), options)), key }),
    delete: (key, options) => adapter.delete(rename(key), options),
  });
}

/** Other errors for the right ones. */
function failingAs(change: (error: GlacierError) => Error): Mutant {
  const changed =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    (...args: A) =>
      call(...args).catch((error) => {
        throw isGlacierError(error) ? change(error) : error;
      });
  return ({ adapter }) => ({ read: changed(adapter.read), stat: changed(adapter.stat), write: changed(adapter.write) });
}
