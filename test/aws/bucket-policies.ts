import type { AwsAnswer, AwsRequest } from "../services/gateway.ts";
import { errorXml } from "./stub.ts";

/** Keeps policies of buckets in moto's place, which denies by them without a look at their conditions. */
export function keepBucketPolicies(): (request: AwsRequest) => AwsAnswer | undefined {
  const kept = new Map<string, string>();
  return ({ service, method, url, body }) => {
    if (service !== "s3" || !url.searchParams.has("policy")) return undefined;
    const { pathname: bucket } = url;
    if (method === "PUT") kept.set(bucket, body.toString());
    else if (method === "DELETE") kept.delete(bucket);
    else {
      const policy = kept.get(bucket);
      if (policy === undefined)
        return { status: 404, body: errorXml("NoSuchBucketPolicy", "The bucket policy does not exist") };
      return { status: 200, headers: { "content-type": "application/json" }, body: policy };
    }
    return { status: 204, body: "" };
  };
}
