import { describeThrown, type ErrorCode, type ErrorContext, GlacierError, isGlacierError } from "@glacier/core";
import { deploy } from "../deployment.ts";

/** What was tried when a service refused. */
export interface Call {
  /** What can't be done: `invoke function "orders-clean"`. */
  readonly what: string;
  /** The permission that it takes: `lambda:InvokeFunction`. */
  readonly action: string;
  /** What is lacking where the service says "not found". */
  readonly missing?: string;
  readonly context?: ErrorContext;
}

const signIn =
  "Sign in again (aws sso login), or set AWS_PROFILE or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.";
const ownKey =
  "Allow kms:Decrypt and kms:GenerateDataKey on the deployment's key, in its policy and in that of whoever runs this.";
const otherKey =
  "It is disabled, about to be deleted or gone: enable it, or give AWSTarget({ kmsKey }) another, compile and apply.";
const slower = "Wait and try again, lower the run's concurrency, or raise the account's quota.";

const smaller = "Put what is large into a dataset, and its name into the params.";
const named = "Check the region, and the run id if you gave one: letters, digits, - and _, up to 80 of them.";

/** Errors by name: https://docs.aws.amazon.com/awssupport/latest/user/common-errors.html and each API's own page. */
const names: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ExpiredTokenException: ["PERMISSION_DENIED", `The credentials have expired. ${signIn}`],
  ExpiredToken: ["PERMISSION_DENIED", `The credentials have expired. ${signIn}`],
  UnrecognizedClientException: ["PERMISSION_DENIED", `AWS doesn't know these credentials. ${signIn}`],
  InvalidSignatureException: [
    "PERMISSION_DENIED",
    `The secret key is another than the access key's, or this machine's clock is wrong. ${signIn}`,
  ],
  IncompleteSignature: ["PERMISSION_DENIED", `The credentials are incomplete. ${signIn}`],
  TokenProviderError: ["PERMISSION_DENIED", `The SSO session has ended. ${signIn}`],
  KmsAccessDeniedException: ["PERMISSION_DENIED", ownKey],
  KMSAccessDeniedException: ["PERMISSION_DENIED", ownKey],
  KmsInvalidStateException: ["PERMISSION_DENIED", otherKey],
  KMSInvalidStateException: ["PERMISSION_DENIED", otherKey],
  KMSDisabledException: ["PERMISSION_DENIED", otherKey],
  KMSNotFoundException: ["PERMISSION_DENIED", otherKey],
  KmsThrottlingException: ["THROTTLED", slower],
  InvalidExecutionInput: ["PARAMS_INVALID", "The message says what Step Functions finds in the params."],
  RequestTooLargeException: ["PARAMS_INVALID", smaller],
  RequestEntityTooLargeException: ["PARAMS_INVALID", smaller],
  InvalidArn: ["OPTION_INVALID", named],
  InvalidName: ["OPTION_INVALID", named],
  StateMachineDeleting: ["NOT_FOUND", `It is just being deleted. ${deploy}`],
  TooManyRequestsException: ["THROTTLED", slower],
  ThrottlingException: ["THROTTLED", slower],
  Throttling: ["THROTTLED", slower],
  RequestLimitExceeded: ["THROTTLED", slower],
  LimitExceededException: ["THROTTLED", slower],
  ServiceQuotaExceededException: ["THROTTLED", slower],
  ExecutionLimitExceeded: ["THROTTLED", slower],
  EC2ThrottledException: ["THROTTLED", slower],
  ENILimitReachedException: ["THROTTLED", slower],
  SubnetIPAddressLimitReachedException: [
    "THROTTLED",
    "Wait for addresses to be free, or give the function larger subnets.",
  ],
  EC2AccessDeniedException: [
    "PERMISSION_DENIED",
    "The function's role may not use its VPC: allow it what AWSLambdaVPCAccessExecutionRole does.",
  ],
  InvalidZipFileException: ["BUNDLE_FAILED", deploy],
  ResourceNotReadyException: ["UNAVAILABLE", "The function is just being made ready: try again."],
  ResourceConflictException: ["UNAVAILABLE", "The function is just being updated: try again."],
};

const missing = [
  "ResourceNotFoundException",
  "StateMachineDoesNotExist",
  "ExecutionDoesNotExist",
  "ClusterNotFoundException",
];

/** Any error of a service's client. Of the SDK's own only name, message and request id go on: others hold headers and keys. */
export function serviceError(thrown: unknown, { what, action, missing: lacking, context = {} }: Call): GlacierError {
  if (isGlacierError(thrown)) return thrown;
  const error = (typeof thrown === "object" && thrown !== null ? thrown : {}) as {
    readonly name?: string;
    readonly code?: string;
    readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  };
  const name = error.name ?? "Error";
  const said = describeThrown(thrown);
  const status = error.$metadata?.httpStatusCode;
  const requestId = error.$metadata?.requestId;
  const failed = (code: ErrorCode, hint: string, message = `can't ${what}: ${name}: ${said}`): GlacierError =>
    new GlacierError(code, {
      message,
      hint,
      cause: Object.assign(new Error(said), { name }),
      context: { ...context, ...(status !== undefined && { status }), ...(requestId !== undefined && { requestId }) },
    });
  if (isMissing(name, said)) return failed("NOT_FOUND", deploy, lacking);
  if (name === "CredentialsProviderError") return failed("PERMISSION_DENIED", `${whyNone(said)} ${signIn}`);
  const known = Object.hasOwn(names, name) ? names[name] : undefined;
  if (known !== undefined) return failed(...known);
  if (status === 403 || name.startsWith("AccessDenied")) {
    return failed("PERMISSION_DENIED", `Allow ${action} in the policy of whoever runs this.`);
  }
  // ECS wraps what EC2 says of its network into a name that says nothing of it.
  if (status === 429 || /Rate exceeded|\bThrottling/.test(said)) return failed("THROTTLED", slower);
  if (name === "ClientException" && /capacity limit/i.test(said)) return failed("UNAVAILABLE", slower);
  if (name === "InvalidParameterException" && /subnet|security group/i.test(said))
    return failed(
      "OPTION_INVALID",
      "Check the subnets and security groups of AWSTarget({ network }), compile and apply.",
    );
  if (said === "Region is missing") {
    return failed(
      "OPTION_INVALID",
      'Set it: new AWSExecutor({ region: "eu-west-1" }), or AWS_REGION.',
      `can't ${what}: no region is set`,
    );
  }
  if (error.code === "ENOTFOUND") {
    return failed("UNAVAILABLE", "Check the network, and that the region exists and has the service.");
  }
  if ((status !== undefined && status >= 500) || isNetwork(name, error.code)) {
    return failed("UNAVAILABLE", "Check the network, and https://health.aws.amazon.com.");
  }
  return failed("INTERNAL", "The message is the service's own; if it means nothing to you, please report it.");
}

/** Why the SDK has no credentials. */
function whyNone(said: string): string {
  if (/\bSSO\b/.test(said)) return "The SSO session has ended.";
  const profile = process.env["AWS_PROFILE"];
  if (profile === undefined || profile === "") return "No credentials were found.";
  return `No credentials were found in profile "${profile}" (AWS_PROFILE), if there is such a profile.`;
}

/** Whether a request was turned away before it did anything, and will be let in later. */
export function wasTurnedAway(thrown: unknown): boolean {
  const {
    name = "",
    code = "",
    $metadata,
  } = (thrown ?? {}) as {
    name?: string;
    code?: string;
    $metadata?: { httpStatusCode?: number };
  };
  return (
    $metadata?.httpStatusCode === 429 ||
    // Other servers say 503, too, of what they have passed on.
    ($metadata?.httpStatusCode === 503 && name.startsWith("ServiceUnavailable")) ||
    ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"].includes(code) ||
    (Object.hasOwn(names, name) && ["THROTTLED", "UNAVAILABLE"].includes(names[name]?.[0] ?? ""))
  );
}

/** RunTask has no name of its own for a task definition that isn't there. */
function isMissing(name: string, said: string): boolean {
  return missing.includes(name) || (name === "ClientException" && /TaskDefinition not found/i.test(said));
}

function isNetwork(name: string, code: string | undefined): boolean {
  // Only a call that took too long is given up so.
  return (
    name === "TimeoutError" ||
    name === "AbortError" ||
    (code !== undefined && /^(E[A-Z]+|EAI_AGAIN|UND_ERR_\w+)$/.test(code))
  );
}
