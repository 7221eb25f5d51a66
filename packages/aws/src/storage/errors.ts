import { describeThrown, type ErrorCode, GlacierError, isGlacierError } from "@glacier/core";
import { changed, existsAlready, notFound } from "@glacier/core/adapter";
import type { Bucket } from "./bucket.ts";

/** What was tried when an error came. */
export interface Action {
  readonly verb: "read" | "write" | "list" | "delete" | "copy";
  /** The object, or a listing's prefix. */
  readonly key: string;
  /** The condition that the request has. */
  readonly condition?: "create" | "match" | undefined;
}

/** What the SDK throws: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html lists the names. */
interface SdkError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  /** The bucket's own region, where the answer tells. */
  readonly region: string | undefined;
}

/** Any error of a request as a GlacierError. Of the SDK's own only name, message and request id go on: others hold headers and keys. */
export function s3Error(thrown: unknown, action: Action, bucket: Bucket): GlacierError {
  if (isGlacierError(thrown)) return thrown;
  const error = read(thrown);
  const { name, status } = error;
  const { key, condition } = action;
  if (name === "ConditionalRequestConflict" && condition === undefined)
    return failed("UNAVAILABLE", error, action, bucket, undefined, underWay);
  if (name === "NoSuchBucket") return failed("STORAGE_FAILED", error, action, bucket, ...noSuchBucket(bucket));
  if (status === 412 || name === "ConditionalRequestConflict")
    return condition === "create" ? existsAlready(key) : changed(key);
  if (name === "NoSuchKey" || (status === 404 && (name === "NotFound" || name === "UnknownError")))
    return condition === "match" && action.verb !== "read" ? changed(key, true) : notFound(key, `s3://${bucket.name}`);
  const known = Object.hasOwn(names, name) ? names[name] : undefined;
  if (known !== undefined) return failed(known[0], error, action, bucket, undefined, known[1]);
  if (error.region !== undefined && (status === 301 || status === 307 || status === 400))
    return failed("STORAGE_FAILED", error, action, bucket, ...otherRegion(error.region, bucket));
  if (name.startsWith("KMS.") && status === 400)
    return failed("STORAGE_FAILED", error, action, bucket, undefined, otherKey);
  // An answer of 200 may hold an error, which the SDK tells as one of 503.
  if (status === 403 || name === "AccessDenied")
    return failed("PERMISSION_DENIED", error, action, bucket, undefined, statement(action, bucket));
  if (status === 429 || status === 503) return failed("THROTTLED", error, action, bucket, undefined, slower);
  if (status === 501) return failed("UNSUPPORTED", error, action, bucket, undefined, "This server doesn't do it.");
  if ((status !== undefined && status >= 500) || isNetwork(error))
    return failed("UNAVAILABLE", error, action, bucket, undefined, "Check the network and the storage's endpoint.");
  if (error.message === "Region is missing")
    return failed("STORAGE_FAILED", error, action, bucket, ...noRegion(bucket));
  return failed("STORAGE_FAILED", error, action, bucket, undefined, "The message is S3's own.");
}

/** Whether an error came from a bucket that is there. */
export function showsBucket(thrown: unknown): boolean {
  return read(thrown).name === "NoSuchKey";
}

/** Whether another write to the object was under way: nothing was written, and trying again decides. */
export function isConflict(thrown: unknown): boolean {
  return read(thrown).name === "ConditionalRequestConflict";
}

/**
 * Errors: `STORAGE_FAILED` for an answer without what S3's always has: a sign-in page, a proxy's, a web server's are
 * successes by their status.
 */
export function isS3(sign: unknown, action: Action, bucket: Bucket): void {
  if (sign !== undefined && sign !== "") return;
  const uri = `s3://${bucket.name}/${bucket.root}${action.key}`;
  throw new GlacierError("STORAGE_FAILED", {
    message: `can't ${action.verb} ${uri}: what answered is not S3`,
    hint: "Check the endpoint in storage.s3({ endpoint }), and whether a proxy or a sign-in page of the network is in between.",
    context: { key: action.key, uri },
  });
}

/** What became of a conditional write of parts that met another (409), and whose condition still holds. */
export function metAnother(key: string): GlacierError {
  return new GlacierError("UNAVAILABLE", {
    message: `object "${key}" was not written: another conditional write of it was under way`,
    hint: underWay,
    context: { key },
  });
}

/** A completion whose answer was lost, of an object that can't be told from another writer's. */
export function perhapsWritten(uri: string): GlacierError {
  return new GlacierError("UNAVAILABLE", {
    message: `can't tell whether ${uri} was written: the answer to its upload's completion was lost`,
    hint: "Write again: it is whole or not there, as an upload is.",
    context: { uri },
  });
}

const underWay = "Nothing was written: try again.";
const otherKey =
  "Check the KMS key in storage.s3({ encryption: { kms } }), or the bucket's default one: that it is there, in the bucket's region, and enabled.";
const slower = "Wait and try again; spread keys over more prefixes, or lower the concurrency.";
const signIn =
  "Sign in again (aws sso login), or set AWS_PROFILE or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.";

const names: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ExpiredToken: ["PERMISSION_DENIED", `The credentials have expired. ${signIn}`],
  ExpiredTokenException: ["PERMISSION_DENIED", `The credentials have expired. ${signIn}`],
  TokenRefreshRequired: ["PERMISSION_DENIED", `The credentials have expired. ${signIn}`],
  InvalidToken: ["PERMISSION_DENIED", `The session token is not valid. ${signIn}`],
  InvalidAccessKeyId: ["PERMISSION_DENIED", `AWS doesn't know the access key. ${signIn}`],
  SignatureDoesNotMatch: ["PERMISSION_DENIED", `The secret key is another than the access key's. ${signIn}`],
  CredentialsProviderError: ["PERMISSION_DENIED", `No credentials were found. ${signIn}`],
  TokenProviderError: ["PERMISSION_DENIED", `The SSO session has ended. ${signIn}`],
  RequestTimeTooSkewed: ["PERMISSION_DENIED", "This machine's clock is wrong: set it."],
  SlowDown: ["THROTTLED", slower],
  ThrottlingException: ["THROTTLED", slower],
  RequestLimitExceeded: ["THROTTLED", slower],
  // Also inside of an answer that began as a success, which the SDK gives another status.
  InternalError: [
    "UNAVAILABLE",
    "S3 failed for a moment: try again. With another server, check the storage's endpoint.",
  ],
  "KMS.ThrottlingException": ["THROTTLED", "KMS has a limit of its own: wait, or give the bucket a bucket key."],
  OperationAborted: ["UNAVAILABLE", "Another operation on the object was under way: try again."],
  RequestTimeout: ["UNAVAILABLE", "The connection stalled: try again."],
  BadDigest: ["UNAVAILABLE", "The bytes changed on their way: try again."],
  XAmzContentChecksumMismatch: ["UNAVAILABLE", "The bytes changed on their way: try again."],
  KeyTooLongError: ["KEY_INVALID", "Use a shorter key, or a shorter prefix."],
  EntityTooLarge: ["STORAGE_FAILED", "S3 takes objects up to 5 TiB: split the dataset."],
  MetadataTooLarge: ["STORAGE_FAILED", "S3 takes 2 KB of metadata for an object."],
  InvalidObjectState: ["STORAGE_FAILED", "The object is archived: restore it first (aws s3api restore-object)."],
  InvalidStorageClass: ["STORAGE_FAILED", "Set another storageClass: the bucket or the server doesn't know this one."],
  NoSuchUpload: [
    "STORAGE_FAILED",
    "The upload was aborted meanwhile: see the bucket's lifecycle rules, and run again.",
  ],
  NotImplemented: ["UNSUPPORTED", "This server doesn't do it."],
  XMinioStorageFull: ["STORAGE_FULL", "Free some space on the server."],
  QuotaExceeded: ["STORAGE_FULL", "Raise the bucket's quota, or free some space."],
};

function failed(
  code: ErrorCode,
  error: SdkError,
  { verb, key }: Action,
  bucket: Bucket,
  message: string | undefined,
  hint: string,
): GlacierError {
  const uri = `s3://${bucket.name}/${bucket.root}${key}`;
  const { requestId, status } = error;
  // An answer to HEAD has no body, and so no name.
  const nameless = error.message === "" || error.message === "UnknownError";
  const said = nameless ? `the server answered with status ${status}` : `${error.name}: ${error.message}`;
  return new GlacierError(code, {
    message: message ?? `can't ${verb} ${uri}: ${said}`,
    hint,
    cause: Object.assign(new Error(said), { name: error.name }),
    context: { key, uri, ...(status !== undefined && { status }), ...(requestId !== undefined && { requestId }) },
  });
}

function noSuchBucket({ name }: Bucket): [string, string] {
  return [
    `bucket "${name}" doesn't exist`,
    `Check the name in storage.s3({ bucket }), or create it: aws s3 mb s3://${name}. A deployment's own is made with the deployment, and AWSExecutor({ bucket }) names it.`,
  ];
}

function noRegion({ name }: Bucket): [string, string] {
  return [
    `bucket "${name}": no region is set`,
    `Set it: storage.s3({ bucket: "${name}", region: "eu-west-1" }), or AWS_REGION.`,
  ];
}

function otherRegion(region: string, { name }: Bucket): [string, string] {
  return [
    `bucket "${name}" is in region ${region}, and was asked for in another`,
    `Set it: storage.s3({ bucket: "${name}", region: "${region}" }), or AWS_REGION=${region}.`,
  ];
}

const permissions: Readonly<Record<Action["verb"], readonly string[]>> = {
  read: ["s3:GetObject"],
  write: ["s3:PutObject", "s3:AbortMultipartUpload"],
  list: ["s3:ListBucket"],
  delete: ["s3:DeleteObject"],
  copy: ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
};

/** The policy statement that is missing. Without s3:ListBucket a missing object is "denied", too. */
function statement({ verb }: Action, { name, root }: Bucket): string {
  const arn = name.startsWith("arn:") ? name : `arn:aws:s3:::${name}`;
  const objects = name.startsWith("arn:") ? `${arn}/object` : arn;
  const Resource = verb === "list" ? arn : `${objects}/${root}*`;
  const policy = JSON.stringify({ Effect: "Allow", Action: permissions[verb], Resource });
  const also = verb === "read" ? " Without s3:ListBucket on the bucket, S3 answers this for missing objects, too." : "";
  return `Allow it in the policy of whoever runs this: ${policy}.${also} With a KMS key, also kms:GenerateDataKey and kms:Decrypt on that.`;
}

/** Only what is fit to be shown; an SDK's error holds the response, and that the signed request. */
function read(thrown: unknown): SdkError {
  const error = (typeof thrown === "object" && thrown !== null ? thrown : {}) as {
    readonly name?: string;
    readonly Code?: string;
    readonly code?: string;
    readonly Region?: string;
    readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
    readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
  };
  const { $metadata, $response } = error;
  return {
    name: error.Code ?? error.name ?? "Error",
    message: describeThrown(thrown),
    ...(typeof error.code === "string" && { code: error.code }),
    status: $metadata?.httpStatusCode,
    requestId: $metadata?.requestId,
    region: $response?.headers?.["x-amz-bucket-region"] ?? error.Region,
  };
}

function isNetwork({ name, code }: SdkError): boolean {
  return name === "TimeoutError" || (code !== undefined && /^(E[A-Z]+|EAI_AGAIN|UND_ERR_\w+)$/.test(code));
}
