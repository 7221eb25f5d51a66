import type { ErrorCode } from "@glacier/core";
import { type Answer, errorXml } from "./stub.ts";

export const accessKeyId = "AKIAGLACIERTESTKEY00";
export const secretAccessKey = "glacier-secret-of-the-tests";

/** What S3 answers, and what becomes of it: code, words of the message, words of the hint. */
export const answers: Record<string, [Answer, ErrorCode, string, string]> = {
  "a missing bucket": [
    { status: 404, body: errorXml("NoSuchBucket", "The specified bucket does not exist") },
    "STORAGE_FAILED",
    'bucket "acme" doesn\'t exist',
    "aws s3 mb s3://acme",
  ],
  "denied access": [
    {
      status: 403,
      body: errorXml("AccessDenied", "User: arn:aws:iam::1:user/me is not authorized to perform: s3:GetObject"),
    },
    "PERMISSION_DENIED",
    "s3://acme/raw/k",
    '"Resource":"arn:aws:s3:::acme',
  ],
  "expired credentials": [
    { status: 400, body: errorXml("ExpiredToken", "The provided token has expired.") },
    "PERMISSION_DENIED",
    "The provided token has expired",
    "aws sso login",
  ],
  "an unknown access key": [
    {
      status: 403,
      body: errorXml(
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
        `<AWSAccessKeyId>${accessKeyId}</AWSAccessKeyId>`,
      ),
    },
    "PERMISSION_DENIED",
    "does not exist in our records",
    "AWS_PROFILE",
  ],
  "a wrong secret key": [
    {
      status: 403,
      body: errorXml(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided.",
        `<AWSAccessKeyId>${accessKeyId}</AWSAccessKeyId><StringToSign>AWS4 ${secretAccessKey}</StringToSign>`,
      ),
    },
    "PERMISSION_DENIED",
    "SignatureDoesNotMatch",
    "AWS_SECRET_ACCESS_KEY",
  ],
  "a bucket in another region, by a redirect": [
    {
      status: 301,
      headers: { "x-amz-bucket-region": "eu-central-1" },
      body: errorXml(
        "PermanentRedirect",
        "The bucket you are attempting to access must be addressed using the specified endpoint.",
      ),
    },
    "STORAGE_FAILED",
    'bucket "acme" is in region eu-central-1',
    'region: "eu-central-1"',
  ],
  "a bucket in another region, by the signature's": [
    {
      status: 400,
      body: errorXml("AuthorizationHeaderMalformed", "The region 'us-east-1' is wrong", "<Region>eu-west-3</Region>"),
    },
    "STORAGE_FAILED",
    'bucket "acme" is in region eu-west-3',
    "AWS_REGION=eu-west-3",
  ],
  "too many requests": [
    { status: 503, body: errorXml("SlowDown", "Please reduce your request rate.") },
    "THROTTLED",
    "reduce your request rate",
    "concurrency",
  ],
  "an error of the service": [
    { status: 500, body: errorXml("InternalError", "We encountered an internal error.") },
    "UNAVAILABLE",
    "internal error",
    "endpoint",
  ],
  "an error that isn't S3's": [
    { status: 502, body: "<html>bad gateway" },
    "UNAVAILABLE",
    "s3://acme/raw/k",
    "endpoint",
  ],
  "what the server can't do": [
    { status: 501, body: errorXml("NotImplemented", "A header implies functionality that is not implemented.") },
    "UNSUPPORTED",
    "not implemented",
    "server",
  ],
};
