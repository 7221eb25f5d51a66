import type { Json } from "../json.ts";

/** A plain, JSON-serialisable descriptor of where bytes live. No behaviour, no SDK. */
export interface StorageResource {
  /** Names the adapter: `s3`, `gcs`, `azureBlob`, `localFs`, `memory`, or a third party's own. */
  readonly kind: string;
  /** An existing object whose name is not `<dataset>.<ext>`, relative to the root. */
  readonly key?: string;
  /** What the adapter of this kind takes. */
  readonly [option: string]: Json | undefined;
}

/** A bucket (or a prefix in one) on Amazon S3 or a server that speaks its API. */
export interface S3Resource extends StorageResource {
  readonly kind: "s3";
  readonly bucket: string;
  readonly prefix?: string;
  /** Default: that of the environment or profile. */
  readonly region?: string;
  /** URL of another server than Amazon's, without a user or password. */
  readonly endpoint?: string;
  /** The bucket in the path instead of the host name, as most other servers want it. */
  readonly forcePathStyle?: boolean;
  /** How S3 encrypts what is written: with its own keys, or with a KMS key (id, alias or ARN). Default: the bucket's own setting. */
  readonly encryption?: "AES256" | { readonly kms: string };
  /** Storage class of what is written. Default: `STANDARD`. Those that must be restored before they are read are left out. */
  readonly storageClass?: "STANDARD" | "INTELLIGENT_TIERING" | "STANDARD_IA" | "ONEZONE_IA" | "GLACIER_IR";
}

/** A bucket (or a prefix in one) on Google Cloud Storage. */
export interface GcsResource extends StorageResource {
  readonly kind: "gcs";
  readonly bucket: string;
  readonly prefix?: string;
  readonly endpoint?: string;
}

/** A container (or a prefix in one) of an Azure storage account. */
export interface AzureBlobResource extends StorageResource {
  readonly kind: "azureBlob";
  readonly account: string;
  readonly container: string;
  readonly prefix?: string;
  readonly endpoint?: string;
}

/** A folder on this machine. A relative `basePath` starts at the process's working directory. */
export interface LocalFsResource extends StorageResource {
  readonly kind: "localFs";
  readonly basePath: string;
}

/** This process's memory; gone with it. Resources with the same `name` share their objects. */
export interface MemoryResource extends StorageResource {
  readonly kind: "memory";
  readonly name?: string;
}

/** All that a resource takes but its kind. (Not `Omit`, which an index signature would leave with nothing.) */
type Options<R extends StorageResource> = {
  readonly [K in keyof R as string extends K ? never : K extends "kind" ? never : K]: R[K];
};

/** Descriptors of the storages that Glacier names itself. Third parties' are plain objects with their own `kind`. */
export const storage: {
  s3(options: Options<S3Resource>): S3Resource;
  gcs(options: Options<GcsResource>): GcsResource;
  azureBlob(options: Options<AzureBlobResource>): AzureBlobResource;
  localFs(options: Options<LocalFsResource>): LocalFsResource;
  memory(options?: Options<MemoryResource>): MemoryResource;
} = {
  s3: (options) => ({ kind: "s3", ...options }),
  gcs: (options) => ({ kind: "gcs", ...options }),
  azureBlob: (options) => ({ kind: "azureBlob", ...options }),
  localFs: (options) => ({ kind: "localFs", ...options }),
  memory: (options) => ({ kind: "memory", ...options }),
};
