import { crc32 } from "node:zlib";
import { S3Client } from "@aws-sdk/client-s3";
import { s3, s3With } from "@glacier/aws";
import type { StorageAdapter } from "@glacier/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Answer, errorXml, type Seen, startStub } from "./stub.ts";

// Stub servers: what neither S3 nor moto does when it is asked, but networks and services in trouble do.

beforeEach(() => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "key");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const part = 8 * 1024 * 1024;
const page: Answer = { status: 200, headers: { "content-type": "text/html" }, body: "<html>Please sign in</html>" };
const created: Answer = {
  status: 200,
  body: "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
};

describe("a page that says 200 (a sign-in page, a proxy, a web server) is no success", () => {
  const calls: Record<string, (adapter: StorageAdapter) => Promise<unknown> | undefined> = {
    read: (adapter) => adapter.read("k"),
    stat: (adapter) => adapter.stat("k"),
    write: (adapter) => adapter.write("k", zeros(1)),
    "write in parts": (adapter) => adapter.write("k", zeros(part + 1)),
    delete: (adapter) => adapter.delete("k"),
    copy: (adapter) => adapter.copy?.("k", "l"),
    list: async (adapter) => {
      for await (const _ of adapter.list("")) throw new Error("an object was listed");
    },
  };
  const foreign = { code: "STORAGE_FAILED", message: expect.stringContaining("not S3") };

  test.each(Object.entries(calls))("%s", async (_, call) => {
    const { endpoint } = await startStub(() => page);
    await expect(call(adapterAt(endpoint))).rejects.toMatchObject(foreign);
  });

  test("deleteMany: each key failed", async () => {
    const { endpoint } = await startStub(() => page);
    const failed = await adapterAt(endpoint).deleteMany?.(["a", "b"]);
    expect(failed).toMatchObject([
      { key: "a", error: foreign },
      { key: "b", error: foreign },
    ]);
  });

  test.each([
    ["a part", (request: Seen) => (request.method === "POST" ? created : page)],
    ["the completion", (request: Seen) => (request.url.includes("uploads") ? created : upload(request, () => page))],
  ])("%s of an upload", async (_, answer) => {
    const { endpoint, seen } = await startStub(answer);
    await expect(adapterAt(endpoint).write("k", zeros(part + 1))).rejects.toMatchObject(foreign);
    expect(seen.at(-1)).toMatchObject({ method: "DELETE", url: expect.stringContaining("uploadId=u") });
  });

  test("a copy", async () => {
    const { endpoint } = await startStub(({ method }) =>
      method === "HEAD" ? { status: 200, headers: { etag: '"e"', "content-length": "1" } } : page,
    );
    await expect(adapterAt(endpoint).copy?.("k", "l")).rejects.toMatchObject(foreign);
  });
});

test("a range that is answered with the whole object: UNSUPPORTED, never other bytes", async () => {
  const { endpoint } = await startStub(() => ({ status: 200, headers: { etag: '"e"' }, body: "0123456789" }));
  for (const range of [{ start: 2, end: 4 }, { start: 2 }, { start: -3 }])
    await expect(adapterAt(endpoint).read("k", { range })).rejects.toMatchObject({ code: "UNSUPPORTED" });
});

test("keys of a server that doesn't encode them are what they are", async () => {
  const listing = "<ListBucketResult><Name>acme</Name><IsTruncated>false</IsTruncated>";
  const keys = ["100%.json", "a+b.json"];
  const contents = keys.map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`).join("");
  const { endpoint } = await startStub(() => ({ status: 200, body: `${listing}${contents}</ListBucketResult>` }));
  expect(await keysAt(endpoint)).toEqual(keys);
});

test("a listing that says there is more, and not how to get it, is no listing", async () => {
  const body = "<ListBucketResult><Name>acme</Name><IsTruncated>true</IsTruncated></ListBucketResult>";
  const { endpoint } = await startStub(() => ({ status: 200, body }));
  await expect(keysAt(endpoint)).rejects.toMatchObject({ code: "STORAGE_FAILED" });
});

test("a copy within an access point names its object as S3 has it", async () => {
  const bucket = "arn:aws:s3:eu-west-1:123456789012:accesspoint/acme";
  const sources: unknown[] = [];
  const client = new S3Client({ region: "eu-west-1" });
  const answer = (input: object) => {
    sources.push((input as { CopySource?: string }).CopySource);
    return { $metadata: {}, ContentLength: 1, ETag: '"e"', CopyObjectResult: { ETag: '"e"' } };
  };
  client.middlewareStack.add(
    () =>
      async ({ input }) => ({ output: answer(input), response: {} }),
    {
      step: "initialize",
    },
  );
  await s3With({ client })({ kind: "s3", bucket }).copy?.("from/a.json", "to.json");
  expect(sources).toEqual([undefined, `${bucket}/object/from/a.json`]);
});

test("a server that takes a request and never answers: UNAVAILABLE", async () => {
  vi.stubEnv("AWS_MAX_ATTEMPTS", "1");
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const { endpoint, seen } = await startStub(() => new Promise(() => {}));
  const failed = expect(adapterAt(endpoint).stat("k")).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
  await vi.waitUntil(() => seen.length === 1);
  await vi.advanceTimersByTimeAsync(120_000);
  await failed;
});

test("a body that stops midway: UNAVAILABLE for whoever waits for it, and no hurry for who doesn't", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const { endpoint } = await startStub(() => ({
    status: 200,
    headers: { "content-length": "1000", etag: '"e"' },
    body: "some",
    open: true,
  }));
  const { body } = await adapterAt(endpoint).read("k");
  const chunks = body[Symbol.asyncIterator]();
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect((await chunks.next()).value).toHaveLength(4);
  const failed = expect(chunks.next()).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
  await vi.advanceTimersByTimeAsync(120_000);
  await failed;
});

describe("a completion whose answer is lost, under a KMS key: etags say nothing of the bytes", () => {
  function losing(head: Answer): (request: Seen) => Answer | undefined {
    let completions = 0;
    return (request) => {
      if (request.method === "HEAD") return head;
      return upload(request, () =>
        ++completions === 1 ? undefined : { status: 404, body: errorXml("NoSuchUpload", "It is gone.") },
      );
    };
  }
  const checksum = (...sizes: readonly number[]): string =>
    `${crc(Buffer.concat(sizes.map((size) => Buffer.from(crc(Buffer.alloc(size)), "base64"))))}-${sizes.length}`;
  const headers = { etag: '"kms-2"', "content-length": String(part + 1) };

  test("the object's checksum shows that it is there", async () => {
    const mine = { "x-amz-checksum-crc32": checksum(part, 1) };
    const { endpoint, seen } = await startStub(losing({ status: 200, headers: { ...headers, ...mine } }));
    expect(await adapterAt(endpoint).write("k", zeros(part + 1))).toMatchObject({ etag: "kms-2", size: part + 1 });
    expect(seen.at(-1)).toMatchObject({ method: "HEAD", headers: { "x-amz-checksum-mode": "ENABLED" } });
  });

  test.each([
    ["another's object", { status: 200, headers: { ...headers, "x-amz-checksum-crc32": checksum(part, 2) } }],
    ["no object", { status: 404 }],
    ["no permission to look", { status: 403 }],
  ])("%s: UNAVAILABLE, and nothing about lifecycle rules", async (_, head) => {
    const { endpoint } = await startStub(losing(head));
    const failed = adapterAt(endpoint).write("k", zeros(part + 1));
    await expect(failed).rejects.toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
      hint: expect.not.stringContaining("lifecycle"),
    });
  });
});

describe("another write that is under way (409)", () => {
  const conflict: Answer = { status: 409, body: errorXml("ConditionalRequestConflict", "A conflicting operation.") };

  test.each([
    ["an upload, whose condition still holds", part + 1, { ifNoneMatch: "*" }],
    ["an upload without a condition", part + 1, {}],
    ["a write without a condition", 1, {}],
  ] as const)("%s: UNAVAILABLE, since nothing shows another object", async (_, size, options) => {
    const { endpoint } = await startStub((request) => {
      if (request.method === "HEAD") return { status: 404 };
      if (request.method === "GET") return { status: 404, body: errorXml("NoSuchKey", "There is none.") };
      return size === 1 ? conflict : upload(request, () => conflict);
    });
    const failed = adapterAt(endpoint).write("k", zeros(size), options);
    await expect(failed).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
  });

  test("an upload, and the other's object is there: PRECONDITION_FAILED", async () => {
    let there = false;
    const { endpoint } = await startStub((request) => {
      if (request.method === "HEAD") return there ? { status: 200, headers: { etag: '"theirs"' } } : { status: 404 };
      if (request.method === "GET") return { status: 404, body: errorXml("NoSuchKey", "There is none.") };
      return upload(request, () => {
        there = true;
        return conflict;
      });
    });
    const failed = adapterAt(endpoint).write("k", zeros(part + 1), { ifNoneMatch: "*" });
    await expect(failed).rejects.toMatchObject({ code: "PRECONDITION_FAILED" });
  });
});

test.each([
  ["InternalError", "UNAVAILABLE"],
  ["AccessDenied", "PERMISSION_DENIED"],
])("%s inside of a success: %s, and no advice on prefixes", async (name, code) => {
  vi.stubEnv("AWS_MAX_ATTEMPTS", "1");
  const { endpoint } = await startStub((request) =>
    upload(request, () => ({ status: 200, body: errorXml(name, "It did not go well.") })),
  );
  await expect(adapterAt(endpoint).write("k", zeros(part + 1))).rejects.toMatchObject({
    code,
    hint: expect.not.stringContaining("prefixes"),
  });
});

test.each(["KMS.DisabledException", "KMS.NotFoundException", "KMS.KMSInvalidStateException"])(
  "%s: what to look at",
  async (name) => {
    const { endpoint } = await startStub(() => ({ status: 400, body: errorXml(name, "The key is not fit.") }));
    await expect(adapterAt(endpoint).read("k")).rejects.toMatchObject({
      code: "STORAGE_FAILED",
      hint: expect.stringContaining("KMS key"),
    });
  },
);

/** Takes an upload's parts. */
function upload({ method, url }: Seen, complete: () => Answer | undefined): Answer | undefined {
  if (method === "PUT") return { status: 200, headers: { etag: '"kms"' } };
  if (method === "DELETE") return { status: 204 };
  return /[?&]uploads/.test(url) ? created : complete();
}

function adapterAt(endpoint: string): StorageAdapter {
  return s3({ kind: "s3", bucket: "acme", endpoint, forcePathStyle: true });
}

async function keysAt(endpoint: string): Promise<string[]> {
  const keys = [];
  for await (const { key } of adapterAt(endpoint).list("")) keys.push(key);
  return keys;
}

function crc(bytes: Uint8Array): string {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum.toString("base64");
}

async function* zeros(size: number): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(size);
}
