import type { keys } from "../../cases/keys.ts";
import type { Mutant, MutantsOf } from "./mutant.ts";

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

/** Another key than the caller's, on the way in; listings show what is stored. */
function renaming(rename: (key: string) => string): Mutant {
  return ({ adapter }) => ({
    read: (key, options) => adapter.read(rename(key), options),
    write: async (key, body, options) => ({ ...(await adapter.write(rename(key), body, options)), key }),
    stat: async (key, options) => ({ ...(await adapter.stat(rename(key), options)), key }),
    delete: (key, options) => adapter.delete(rename(key), options),
  });
}
