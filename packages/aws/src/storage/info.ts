import type { ObjectInfo } from "@glacier/core";

/** What S3 answers about an object, under whichever request. */
interface Answer {
  readonly ETag?: string | undefined;
  readonly LastModified?: Date | undefined;
  readonly ContentType?: string | undefined;
  readonly Metadata?: Readonly<Record<string, string>> | undefined;
}

/** An object's {@link ObjectInfo}. */
export function infoOf(key: string, size: number, { ETag, LastModified, ContentType, Metadata }: Answer): ObjectInfo {
  return {
    key,
    size,
    etag: bareEtag(ETag),
    ...(LastModified !== undefined && { modified: LastModified }),
    ...(ContentType !== undefined && { contentType: ContentType }),
    ...(Metadata !== undefined && Object.keys(Metadata).length > 0 && { metadata: Metadata }),
  };
}

/** An etag without its quotes: conditions of writes take it so, on Amazon's servers and others'. */
export function bareEtag(etag: string | undefined): string {
  return etag?.replace(/^"|"$/g, "") ?? "";
}

/** An etag as conditions of reads take it. */
export function quotedEtag(etag: string): string {
  return `"${etag.replaceAll('"', "")}"`;
}
