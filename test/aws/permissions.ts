import type { IamStatement } from "../../packages/aws/test/aws-file.ts";
import { allows } from "../../packages/aws/test/iam.ts";
import type { AwsAnswer, AwsRequest } from "../services/gateway.ts";
import { errorXml } from "./stub.ts";

/** The account that moto's resources are in. */
export const account = "123456789012";

/** Something that a role must be allowed. */
export interface Need {
  readonly action: string;
  readonly resource: string;
}

/** What a request to S3 or Secrets Manager takes. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html */
export function needsOf(request: AwsRequest, region: string): Need[] {
  if (request.service === "s3") return needsOfS3(request);
  const operation = String(request.headers["x-amz-target"]).replace(".", ":");
  const { SecretId } = JSON.parse(request.body.toString() || "{}") as { SecretId?: string };
  // Secrets Manager adds six characters to each name.
  return [
    { action: operation, resource: `arn:aws:secretsmanager:${region}:${account}:secret:${String(SecretId)}-a1B2c3` },
  ];
}

function needsOfS3({ method, url, headers }: AwsRequest): Need[] {
  const [, bucket = "", ...parts] = decodeURIComponent(url.pathname).split("/");
  const key = parts.join("/");
  const bucketArn = `arn:aws:s3:::${bucket}`;
  const object = `${bucketArn}/${key}`;
  if (key === "") return [{ action: method === "POST" ? "s3:DeleteObject" : "s3:ListBucket", resource: bucketArn }];
  const need = (action: string, resource = object): Need => ({ action: `s3:${action}`, resource });
  if (method === "GET" || method === "HEAD") return [need("GetObject")];
  if (method === "DELETE") return [need(url.searchParams.has("uploadId") ? "AbortMultipartUpload" : "DeleteObject")];
  const source = headers["x-amz-copy-source"];
  return [
    need("PutObject"),
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    ...(headers["if-match"] === undefined ? [] : [need("GetObject")]),
    ...(typeof source === "string"
      ? [need("GetObject", `arn:aws:s3:::${decodeURIComponent(source).replace(/^\//, "")}`)]
      : []),
  ];
}

/** What AWS answers where a need is not allowed; nothing where all are. */
export function refusal(
  request: AwsRequest,
  needs: readonly Need[],
  statements: readonly IamStatement[],
): AwsAnswer | undefined {
  const denied = needs.find(({ action, resource }) => !allows(statements, action, resource));
  return denied === undefined ? undefined : accessDenied(request, denied);
}

/** S3 only tells those who may list a bucket that something isn't in it. */
export function hidden(
  request: AwsRequest,
  status: number,
  statements: readonly IamStatement[],
): AwsAnswer | undefined {
  if (request.service !== "s3" || status !== 404) return undefined;
  const [, bucket = ""] = request.url.pathname.split("/");
  return refusal(request, [{ action: "s3:ListBucket", resource: `arn:aws:s3:::${bucket}` }], statements);
}

function accessDenied({ service, identity }: AwsRequest, { action, resource }: Need): AwsAnswer {
  const message = `${identity} is not authorized to perform: ${action} on resource: ${resource}`;
  if (service === "s3")
    return {
      status: 403,
      headers: { "content-type": "application/xml" },
      body: errorXml("AccessDenied", message),
    };
  return {
    status: 400,
    headers: { "content-type": "application/x-amz-json-1.1" },
    body: JSON.stringify({ __type: "AccessDeniedException", message }),
  };
}
