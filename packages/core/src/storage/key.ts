import { GlacierError } from "../errors/index.ts";

/** A clean object key, or `KEY_INVALID`: relative, `/` between segments, no `.` or `..` segment, no control character, at most 1,024 bytes of UTF-8. */
export function normalizeKey(key: string): string {
  const clean = key.replace(/^\/+|\/+$/g, "").replace(/\/{2,}/g, "/");
  const bad =
    clean === ""
      ? "is empty"
      : // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
        /[\u0000-\u001f\u007f]/.test(clean)
        ? "has a control character"
        : clean.split("/").some((segment) => segment === "." || segment === "..")
          ? 'has a "." or ".." segment'
          : key.startsWith("/")
            ? "starts with /"
            : new TextEncoder().encode(clean).length > 1024
              ? "is longer than 1,024 bytes"
              : key.isWellFormed()
                ? undefined
                : "is not well-formed Unicode";
  if (bad === undefined) return clean;
  throw refused(key, bad);
}

/** A key that core has normalised, for adapters: the second wall. Errors: `KEY_INVALID`. */
export function checkKey(key: string): string {
  if (normalizeKey(key) !== key) throw refused(key, "has an empty segment");
  return key;
}

function refused(key: string, bad: string): GlacierError {
  return new GlacierError("KEY_INVALID", {
    message: `object key ${JSON.stringify(key.slice(0, 200))} ${bad}`,
    hint: "Use a relative path such as raw/orders.csv, below the storage's own root.",
    context: { key: key.slice(0, 200) },
  });
}
