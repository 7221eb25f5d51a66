import { GlacierError } from "../errors/index.ts";
import type { WriteOptions } from "../storage/adapter.ts";

/** Throws `PRECONDITION_FAILED` unless a write's conditions allow it over the object that is there (`etag`, or none). */
export function checkConditions(options: WriteOptions | undefined, etag: string | undefined, key: string): void {
  if (options?.ifNoneMatch === "*" && etag !== undefined) throw existsAlready(key);
  if (options?.ifMatch !== undefined && options.ifMatch !== etag) throw changed(key, etag === undefined);
}

/** A create-only write found an object. */
export function existsAlready(key: string): GlacierError {
  return new GlacierError("PRECONDITION_FAILED", {
    message: `object "${key}" exists already`,
    hint: "Another writer created it first: read it, or write without ifNoneMatch to replace it.",
    context: { key },
  });
}

/** The object is not the version that was asked for. */
export function changed(key: string, gone = false): GlacierError {
  return new GlacierError("PRECONDITION_FAILED", {
    message: `object "${key}" ${gone ? "isn't there" : "was replaced"}, but one version of it was asked for (ifMatch)`,
    hint: "Read the object again and repeat with its new etag.",
    context: { key },
  });
}

/** There is no such object. */
export function notFound(
  key: string,
  where: string,
  hint = "Check the key, and whether whoever writes it has run.",
): GlacierError {
  return new GlacierError("NOT_FOUND", { message: `no object "${key}" in ${where}`, hint, context: { key } });
}
