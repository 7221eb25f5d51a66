import type { PutObjectCommand, PutObjectCommandInput, UploadPartCommand } from "@aws-sdk/client-s3";
import { GlacierError, type ObjectInfo, type WriteOptions } from "@glacier/core";
import type { Bucket } from "./bucket.ts";
import type { Action } from "./errors.ts";
import { infoOf } from "./info.ts";

/** What a write that has these conditions does, for its errors. */
export function writing(verb: "write" | "copy", key: string, { ifMatch, ifNoneMatch }: WriteOptions): Action {
  return { verb, key, condition: ifMatch !== undefined ? "match" : ifNoneMatch && "create" };
}

/** A write's conditions as parameters. Ceph takes etags without quotes only; Amazon's servers take both. */
export function conditionOf({ ifMatch, ifNoneMatch }: WriteOptions): { IfMatch?: string; IfNoneMatch?: string } {
  return {
    ...(ifMatch !== undefined && { IfMatch: ifMatch }),
    ...(ifNoneMatch !== undefined && { IfNoneMatch: ifNoneMatch }),
  };
}

/** What is stored beside an object's bytes, as parameters. */
export function describing(
  bucket: Bucket,
  { contentType, metadata }: WriteOptions,
): Bucket["storing"] & Pick<PutObjectCommandInput, "ContentType" | "Metadata"> {
  return {
    ...bucket.storing,
    ...(contentType !== undefined && { ContentType: contentType }),
    ...(metadata !== undefined && { Metadata: { ...metadata } }),
  };
}

/** The {@link ObjectInfo} of an object that was just written. */
export function written(key: string, size: number, ETag: string | undefined, options: WriteOptions): ObjectInfo {
  return infoOf(key, size, { ETag, ContentType: options.contentType, Metadata: options.metadata });
}

/**
 * The same command, without a SHA-256 of its body in its signature: that costs as much as sending it. The CRC32 says
 * whether the bytes arrived; that nobody changes them on the way is TLS's part, as with Amazon's own command line.
 */
export function unsigned<C extends PutObjectCommand | UploadPartCommand>(command: C): C {
  const { middlewareStack }: PutObjectCommand | UploadPartCommand = command;
  (middlewareStack as PutObjectCommand["middlewareStack"]).add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> };
      headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD";
      return next(args);
    },
    { step: "build", name: "unsignedPayload" },
  );
  return command;
}

/** Metadata travels in headers: S3 lowers names, and can't take other values as they are. Errors: `UNSUPPORTED`. */
export function checkMetadata(metadata: WriteOptions["metadata"], key: string): void {
  for (const [name, value] of Object.entries(metadata ?? {})) {
    if (/^[a-z0-9!#$%&'*.^_`|~-]+$/.test(name) && /^[\x20-\x7e]*$/.test(value) && value.trim() === value) continue;
    throw new GlacierError("UNSUPPORTED", {
      message: `S3 can't keep the metadata "${name}" of object "${key}" as it is`,
      hint: "Use lower-case names, and values of printable ASCII characters (encodeURIComponent makes them so).",
      context: { key },
    });
  }
}
