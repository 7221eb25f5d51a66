import { spawn } from "node:child_process";
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { AwsAnswer, AwsRequest, Gateway } from "./gateway.ts";

export interface SigningKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Stands before moto, which checks none, and refuses what S3 would. Errors of its own go to this process's stderr. */
export async function startSignatureCheck(target: string, keys: SigningKeys): Promise<Gateway> {
  const script = fileURLToPath(new URL("./signature-gateway.ts", import.meta.url));
  const gateway = spawn(process.execPath, [script, target, keys.accessKeyId, keys.secretAccessKey], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [printed] = await once(gateway.stdout, "data");
  return { endpoint: String(printed).trim(), stop: () => void gateway.kill() };
}

/**
 * What S3 answers to a request whose signature isn't right or has expired; undefined where it is fine. By header and by URL:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */
export function refusal(request: AwsRequest, keys: SigningKeys): AwsAnswer | undefined {
  const signature = signatureOf(request);
  if (signature === undefined) return refused("AccessDenied", "it isn't signed");
  const [accessKeyId, ...scope] = signature.credential.split("/");
  if (accessKeyId !== keys.accessKeyId) return refused("InvalidAccessKeyId", "nobody has this key");
  if (Date.now() > signature.expires) return refused("AccessDenied", "Request has expired");
  const toSign = ["AWS4-HMAC-SHA256", signature.date, scope.join("/"), sha256(canonical(request, signature))].join(
    "\n",
  );
  const key = scope.reduce((secret: string | Buffer, part) => hmac(secret, part), `AWS4${keys.secretAccessKey}`);
  const right = hmac(key, toSign);
  const given = Buffer.from(signature.signature, "hex");
  return given.length === right.length && timingSafeEqual(given, right)
    ? undefined
    : refused("SignatureDoesNotMatch", "the signature is not that of this request");
}

interface Signature {
  /** `<key>/<date>/<region>/<service>/aws4_request` */
  readonly credential: string;
  /** `20260131T120000Z` */
  readonly date: string;
  readonly headers: readonly string[];
  readonly signature: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

function signatureOf({ url, headers }: AwsRequest): Signature | undefined {
  const parts = new Map(
    [...(headers.authorization ?? "").matchAll(/(\w+)=([^, ]+)/g)].map(([, name = "", value = ""]) => [name, value]),
  );
  const field = (name: string): string => url.searchParams.get(`X-Amz-${name}`) ?? parts.get(name) ?? "";
  const date = url.searchParams.get("X-Amz-Date") ?? String(headers["x-amz-date"] ?? "");
  const signature = field("Signature");
  if (signature === "") return undefined;
  const made = Date.parse(date.replace(/(....)(..)(..T..)(..)(..Z)/, "$1-$2-$3:$4:$5"));
  const seconds = Number(url.searchParams.get("X-Amz-Expires") ?? 15 * 60);
  const names = field("SignedHeaders").split(";");
  return { credential: field("Credential"), date, headers: names, signature, expires: made + seconds * 1000 };
}

function canonical({ method, url, headers, body }: AwsRequest, signature: Signature): string {
  const query = [...url.searchParams]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort();
  const lines = signature.headers.map((name) => `${name}:${String(headers[name] ?? "").trim()}\n`);
  const byUrl = url.searchParams.has("X-Amz-Signature");
  const declared = headers["x-amz-content-sha256"] ?? (byUrl ? "UNSIGNED-PAYLOAD" : "");
  const payload = /^[0-9a-f]{64}$/.test(String(declared)) ? sha256(body) : String(declared);
  return [method, url.pathname, query.join("&"), lines.join(""), signature.headers.join(";"), payload].join("\n");
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function sha256(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function refused(code: string, message: string): AwsAnswer {
  return { status: 403, body: `<Error><Code>${code}</Code><Message>${message}</Message></Error>` };
}
