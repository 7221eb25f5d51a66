import type { StorageResource } from "./resource.ts";

/**
 * The implementation of one storage resource. Keys are relative to the resource's root and already normalised by core
 * (no leading slash, no `.`/`..`/empty segment, no NUL). An optional method *is* the capability.
 *
 * Every method throws `GlacierError` only: `NOT_FOUND`, `PRECONDITION_FAILED`, `PERMISSION_DENIED`, `STORAGE_FULL`,
 * `THROTTLED`, `UNAVAILABLE`, `UNSUPPORTED` (a condition the backend can't check; it is never imitated), `KEY_INVALID`,
 * `CANCELLED` (the signal fired; a reason that is a `GlacierError` is thrown as it is), `STORAGE_FAILED`. Exception: an error thrown by the `body` of a write passes through as it is.
 */
export interface StorageAdapter {
  /** Opens an object. `info` is the whole object's, also for a range. */
  read(key: string, options?: ReadOptions): Promise<ReadResult>;
  /**
   * Writes a whole object: nobody sees it before it is complete, and a body that throws or an abort publishes nothing.
   * Pulls `body` no faster than it stores. Missing folders are made. A body may fill a chunk's buffer again as soon as it is
   * asked for the next one: what is kept longer is copied.
   */
  write(key: string, body: AsyncIterable<Uint8Array>, options?: WriteOptions): Promise<ObjectInfo>;
  stat(key: string, options?: CallOptions): Promise<ObjectInfo>;
  /** Objects whose key starts with `prefix` (any string, also within a segment), in ascending order of the whole key's UTF-8 bytes. */
  list(prefix: string, options?: ListOptions): AsyncIterable<ObjectInfo>;
  /** Deleting what isn't there is no error. */
  delete(key: string, options?: CallOptions): Promise<void>;
  /** Where the object is, for people and lineage: `file:///…`, `s3://bucket/key`. No credential in it. */
  uri(key: string): string;
  /** Server-side copy, same conditions as a write. */
  copy?(from: string, to: string, options?: WriteOptions): Promise<ObjectInfo>;
  /** A time-limited URL. `expiresIn` in seconds. */
  signedUrl?(key: string, options: { expiresIn: number; method?: "GET" | "PUT" }): Promise<string>;
  /** Bulk delete; answers the keys that failed, with their errors. */
  deleteMany?(keys: readonly string[], options?: CallOptions): Promise<{ key: string; error: Error }[]>;
  /** An absolute path on this machine for an object, for tools that need a file. Present where the object *is* a local file. */
  localPath?(key: string): string;
  /** Releases connections. */
  close?(): Promise<void>;
}

/** Options of every call. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** Options of {@link StorageAdapter.read}. */
export interface ReadOptions extends CallOptions {
  /** Bytes `start` to `end` (exclusive, may lie past the end). A negative `start` counts from the end. */
  readonly range?: { readonly start: number; readonly end?: number };
  /** Fails with `PRECONDITION_FAILED` unless the object has this etag; the data read is of that version or an error. */
  readonly ifMatch?: string;
}

/** An opened object. `body` is released at its end, by leaving its loop early (break, return), and by the signal. */
export interface ReadResult {
  readonly body: AsyncIterable<Uint8Array>;
  readonly info: ObjectInfo;
}

/** Options of {@link StorageAdapter.write}. */
export interface WriteOptions extends CallOptions {
  /** Replace only the version with this etag; an object that isn't there is `PRECONDITION_FAILED` too. */
  readonly ifMatch?: string;
  /** `"*"`: create only. */
  readonly ifNoneMatch?: "*";
  readonly contentType?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Options of {@link StorageAdapter.list}. */
export interface ListOptions extends CallOptions {
  /** Objects per request to the backend; the caller sees one sequence whatever it is. */
  readonly pageSize?: number;
  /** List only one level: keys with a further `/` after the prefix appear once, as `prefix` entries. */
  readonly delimiter?: "/";
}

/** What is known of an object without reading it. */
export interface ObjectInfo {
  readonly key: string;
  /** Size in bytes; 0 for a `prefix` entry. */
  readonly size: number;
  /**
   * Another for other bytes. Where it follows from the bytes (S3, say), the same bytes written again may have the same.
   * Opaque; empty for a `prefix` entry.
   */
  readonly etag: string;
  readonly modified?: Date;
  readonly contentType?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** True for a common prefix of a delimited listing. */
  readonly prefix?: boolean;
}

/** Makes the adapter of one resource. Heavy SDKs load inside, on first use. */
export type StorageFactory<R extends StorageResource = StorageResource> = (resource: R) => StorageAdapter;
