import { type ErrorCode, GlacierError, type GlacierErrorInit, isGlacierError } from "@glacier/core";
import { notFound } from "@glacier/core/adapter";

/** What an adapter was doing when the file system refused. */
export interface Action {
  readonly verb: "read" | "stat" | "write" | "copy" | "delete" | "list";
  readonly key: string;
  /** The resource's base folder. */
  readonly base: string;
}

/** A `node:fs` error. */
export type FsError = NodeJS.ErrnoException;

/** Whether `error` is a file system error with one of these codes. */
export function isFsError(error: unknown, ...codes: string[]): error is FsError {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}

/**
 * A file system error as a `GlacierError`: `NOT_FOUND`, `PERMISSION_DENIED`, `STORAGE_FULL`, `UNAVAILABLE`,
 * `KEY_INVALID`, else `STORAGE_FAILED`. A `GlacierError` stays as it is.
 */
export function storageError(error: unknown, { verb, key, base }: Action): GlacierError {
  if (isGlacierError(error)) return error;
  const errno = error instanceof Error && "code" in error ? String(error.code) : "an unknown error";
  const writing = verb === "write" || verb === "copy";
  if (errno === "ENOENT" || (errno === "ENOTDIR" && !writing)) return notFound(key, base);
  const [code, hint] = known(errno, writing);
  const init: GlacierErrorInit = {
    message: `can't ${verb} "${key}" in ${base}: ${errno}`,
    hint,
    cause: error,
    context: { key },
  };
  return new GlacierError(code, init);
}

/** `promise`, with its file system errors as {@link storageError}s. */
export function mapped<T>(promise: Promise<T>, action: Action): Promise<T> {
  return promise.catch((error: unknown) => {
    throw storageError(error, action);
  });
}

function known(errno: string, writing: boolean): [ErrorCode, string] {
  switch (errno) {
    case "EACCES":
    case "EPERM":
      return [
        "PERMISSION_DENIED",
        `Give this process's user ${writing ? "write" : "read"} access to the folder and what is in it.`,
      ];
    case "EROFS":
      return ["PERMISSION_DENIED", "The file system is read-only: choose another basePath, or mount it for writing."];
    case "ENOSPC":
      return ["STORAGE_FULL", "Free space on the disk, or choose a basePath on another one. Nothing was published."];
    case "EDQUOT":
      return [
        "STORAGE_FULL",
        "Your quota on this disk is used up: free space, or choose another basePath. Nothing was published.",
      ];
    case "EMFILE":
    case "ENFILE":
      return ["UNAVAILABLE", "Too many files are open: lower the concurrency, or raise the limit (ulimit -n)."];
    case "EBUSY":
    case "EAGAIN":
      return ["UNAVAILABLE", "Another program holds the file: try again in a moment."];
    case "ENAMETOOLONG":
      return ["KEY_INVALID", "The file system allows about 255 bytes a segment: choose shorter names."];
    case "EISDIR":
    case "ENOTEMPTY":
      return [
        "KEY_INVALID",
        "The key is a folder with other objects in it: a file system can't have both. Choose another key.",
      ];
    case "ENOTDIR":
    case "EEXIST":
      return [
        "KEY_INVALID",
        "A part of the key before its last / is an object: a file system can't have both. Choose another key.",
      ];
    case "EINVAL":
    case "EILSEQ":
      return ["KEY_INVALID", "The file system refuses this name: use letters, digits, -, _ and dots."];
    default:
      return ["STORAGE_FAILED", "The operating system refused; the cause has its own words for it."];
  }
}
