import { inspect } from "node:util";
import { S3Client } from "@aws-sdk/client-s3";
import { s3, s3With } from "@glacier/aws";
import { type GlacierError, isGlacierError, type StorageAdapter } from "@glacier/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { accessKeyId, answers, secretAccessKey } from "./s3-answers.ts";
import { errorXml, startStub } from "./stub.ts";

beforeEach(() => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", accessKeyId);
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", secretAccessKey);
  vi.stubEnv("AWS_MAX_ATTEMPTS", "1");
});
afterEach(() => void vi.unstubAllEnvs());

const calls: Record<string, (adapter: StorageAdapter) => Promise<unknown>> = {
  read: (adapter) => adapter.read("k"),
  stat: (adapter) => adapter.stat("k"),
  write: (adapter) => adapter.write("k", once("x")),
  list: async (adapter) => {
    for await (const _ of adapter.list("k")) return;
  },
  delete: (adapter) => adapter.delete("k"),
  copy: (adapter) => adapter.copy?.("k", "l") ?? Promise.reject(new Error("no copy")),
};

describe.each(Object.entries(answers))("%s", (_, [answer, code, message, hint]) => {
  test.each(Object.entries(calls))("%s", async (name, call) => {
    const { endpoint } = await startStub(() => answer);
    const error = await failure(call(adapterAt(endpoint)));
    expect(error).toMatchObject({ code, retryable: code === "THROTTLED" || code === "UNAVAILABLE" });
    const asked = name === "stat" || name === "copy" ? answer.status < 500 : true; // by HEAD, which has no body
    expect(error.message).toContain(asked ? message : "s3://acme/raw/k");
    expect(error.hint).toContain(hint);
  });
});

test("denied access: the hint is the statement that is missing, per action", async () => {
  const { endpoint } = await startStub(() => ({ status: 403, body: errorXml("AccessDenied", "Access Denied") }));
  const hints = await Promise.all(
    Object.values(calls).map(async (call) => (await failure(call(adapterAt(endpoint)))).hint),
  );
  for (const [i, action] of [
    "s3:GetObject",
    "s3:GetObject",
    "s3:PutObject",
    "s3:ListBucket",
    "s3:DeleteObject",
  ].entries())
    expect(hints[i]).toContain(action);
  expect(hints[2]).toContain("arn:aws:s3:::acme/raw/*");
  expect(hints[3]).toContain('"arn:aws:s3:::acme"');
});

test("nobody answers: UNAVAILABLE; a connection that breaks midway, too", async () => {
  expect(await failure(adapterAt("http://127.0.0.1:1").stat("k"))).toMatchObject({ code: "UNAVAILABLE" });
  const { endpoint } = await startStub(() => undefined);
  expect(await failure(adapterAt(endpoint).write("k", once("x")))).toMatchObject({ code: "UNAVAILABLE" });
  const cut = await startStub(() => ({
    status: 200,
    headers: { "content-length": "1000", etag: '"e"' },
    body: "half",
  }));
  const { body } = await adapterAt(cut.endpoint).read("k");
  const reading = (async () => {
    for await (const _ of body);
  })();
  await vi.waitFor(() => expect(cut.seen).toHaveLength(1));
  expect(await failure(reading)).toMatchObject({ code: "UNAVAILABLE" });
});

test("no credentials, no region: what to set", async () => {
  vi.unstubAllEnvs();
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_REGION"])
    vi.stubEnv(name, undefined);
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  for (const name of ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"]) vi.stubEnv(name, "/nonexistent");
  const { endpoint } = await startStub(() => ({ status: 200 }));
  const error = await failure(adapterAt(endpoint).stat("k"));
  expect(error).toMatchObject({ code: "PERMISSION_DENIED", hint: expect.stringContaining("aws sso login") });
  const noRegion = await failure(s3({ kind: "s3", bucket: "acme" }).stat("k"));
  expect(noRegion).toMatchObject({ code: "STORAGE_FAILED", hint: expect.stringContaining("AWS_REGION") });
});

test("a missing object on a bucket that is there: NOT_FOUND, and the bucket is looked at once", async () => {
  const { endpoint, seen } = await startStub(() => ({
    status: 404,
    body: errorXml("NoSuchKey", "The key does not exist."),
  }));
  const adapter = adapterAt(endpoint);
  for (let i = 0; i < 3; i++) expect(await failure(adapter.stat("k"))).toMatchObject({ code: "NOT_FOUND" });
  expect(seen.map(({ method }) => method)).toEqual(["HEAD", "GET", "HEAD", "HEAD"]);
});

test("two conditional writes that meet (409) are tried again; then it is PRECONDITION_FAILED", async () => {
  const conflict = {
    status: 409,
    body: errorXml("ConditionalRequestConflict", "A conflicting operation is under way."),
  };
  let conflicts = 2;
  const { endpoint, seen } = await startStub(() =>
    conflicts-- > 0 ? conflict : { status: 200, headers: { etag: '"e"' } },
  );
  expect(await adapterAt(endpoint).write("k", once("x"), { ifNoneMatch: "*" })).toMatchObject({ etag: "e" });
  expect(seen).toHaveLength(3);
  conflicts = 100;
  const error = await failure(adapterAt(endpoint).write("k", once("x"), { ifMatch: "e" }));
  expect(error).toMatchObject({ code: "PRECONDITION_FAILED", context: { key: "k" } });
});

test("replacing what isn't there (404): PRECONDITION_FAILED", async () => {
  const { endpoint } = await startStub(() => ({ status: 404, body: errorXml("NoSuchKey", "The key does not exist.") }));
  const error = await failure(adapterAt(endpoint).write("k", once("x"), { ifMatch: "e" }));
  expect(error.code).toBe("PRECONDITION_FAILED");
});

test("options and keys that S3 can't take", async () => {
  expect(() => s3({ kind: "s3", bucket: "" })).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
  expect(() => s3({ kind: "s3", bucket: "acme", prefix: "a/../b" })).toThrow(
    expect.objectContaining({ code: "KEY_INVALID" }),
  );
  const adapter = s3({ kind: "s3", bucket: "acme", prefix: "p".repeat(1_000), region: "us-east-1" });
  expect(await failure(adapter.stat("k".repeat(24)))).toMatchObject({ code: "KEY_INVALID" });
  const metadata = [{ Owner: "me" }, { owner: "José" }, { owner: " me" }];
  for (const one of metadata)
    expect(await failure(adapter.write("k", once("x"), { metadata: one }))).toMatchObject({ code: "UNSUPPORTED" });
  for (const expiresIn of [0, 1.5, 700_000])
    expect(await failure(adapter.signedUrl?.("k", { expiresIn }))).toMatchObject({ code: "OPTION_INVALID" });
});

test("a client of the caller's is used as it is, and not closed", async () => {
  const { endpoint, seen } = await startStub(() => ({ status: 200, headers: { etag: '"e"' } }));
  const client = new S3Client({ endpoint, forcePathStyle: true, region: "ap-south-1" });
  const adapter = s3With({ client })({ kind: "s3", bucket: "acme" });
  await adapter.write("k", once("x"));
  await adapter.close?.();
  await adapter.write("k", once("x"));
  expect(seen).toHaveLength(2);
  expect(seen[0]?.headers.authorization).toContain("/ap-south-1/s3/");
  const url = new URL((await adapter.signedUrl?.("k", { expiresIn: 60, method: "PUT" })) ?? "");
  expect([...url.searchParams.keys()].filter((name) => /checksum/i.test(name))).toEqual([]);
  client.destroy();
});

function adapterAt(endpoint: string): StorageAdapter {
  return s3({ kind: "s3", bucket: "acme", prefix: "raw/", endpoint, forcePathStyle: true });
}

/** What a call throws: a GlacierError that shows no credential, however it is looked at. */
async function failure(call: Promise<unknown> | undefined): Promise<GlacierError> {
  const error: unknown = await Promise.resolve(call).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isGlacierError(error)) throw new Error("no GlacierError was thrown", { cause: error });
  const shown = inspect(error, { depth: 10, showHidden: true }) + JSON.stringify(error);
  for (const secret of [accessKeyId, secretAccessKey, "Signature="]) expect(shown).not.toContain(secret);
  return error;
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}
