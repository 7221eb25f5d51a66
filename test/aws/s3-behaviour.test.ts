import { createHash } from "node:crypto";
import { ListMultipartUploadsCommand, S3Client } from "@aws-sdk/client-s3";
import { aws, s3 } from "@glacier/aws";
import { createRegistry, createStore, Dataset, ndjson, Pipeline, readManifest, storage, task } from "@glacier/core";
import { LocalExecutor } from "@glacier/local";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { type MotoService, motoMissing, startMoto } from "../services/moto.ts";
import { type Answer, errorXml, type Seen, startStub } from "./stub.ts";

const part = 8 * 1024 * 1024;
const Order = z.object({ amount: z.number() });

beforeAll(() => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "key");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
});
afterAll(() => void vi.unstubAllEnvs());

describe.skipIf(motoMissing() !== undefined)("on moto", () => {
  let moto: MotoService;
  let client: S3Client;

  beforeAll(async () => {
    moto = await startMoto();
    client = new S3Client({ endpoint: moto.endpoint, forcePathStyle: true, region: "us-east-1" });
  });
  afterAll(async () => {
    client.destroy();
    await moto.stop();
  });

  test.each([
    ["a body that throws", { after: 3, how: "throws" }],
    ["an abort", { after: 3, how: "aborts" }],
    ["an abort right when the upload begins", { after: 1, how: "aborts" }],
  ] as const)("%s leaves no upload behind", async (_, { after, how }) => {
    const bucket = await moto.makeBucket();
    const adapter = s3({ kind: "s3", bucket, endpoint: moto.endpoint, forcePathStyle: true });
    const controller = new AbortController();
    async function* ending(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < after; i++) yield new Uint8Array(part);
      if (how === "throws") throw new RangeError("mine");
      setImmediate(() => controller.abort());
      for (;;) yield new Uint8Array(part);
    }
    const thrown = adapter.write("k", ending(), { signal: controller.signal });
    await expect(thrown).rejects.toThrow(how === "throws" ? "mine" : "cancelled");
    await adapter.close?.();
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    expect(Uploads).toEqual([]);
  });

  test("a pipeline's datasets and state on S3, by bindings", async () => {
    const bucket = await moto.makeBucket();
    const root = storage.s3({ bucket, endpoint: moto.endpoint, forcePathStyle: true });
    const at = (prefix: string) => ({ ...root, prefix });
    const registry = createRegistry([aws]);
    const store = createStore(registry.storage(at("raw")));
    await store.writeBytes("orders.ndjson", new TextEncoder().encode('{"amount":1}\n{"amount":2}\n{"amount":-5}\n'));

    const orders = new Dataset("orders", { schema: Order, format: ndjson() });
    const valid = new Dataset("valid", { schema: Order, format: ndjson() });
    const total = new Dataset<number>("total");
    const clean = task("clean", { inputs: { orders }, output: valid }, async function* ({ orders }) {
      for await (const order of orders) if (order.amount > 0) yield order;
    });
    const sum = task("sum", { inputs: { valid }, output: total }, async ({ valid }) => {
      let amount = 0;
      for await (const order of valid) amount += order.amount;
      return amount;
    });
    const pipeline = new Pipeline("orders", [clean, sum]);
    const executor = new LocalExecutor({ storage: "memory" });
    await pipeline.run({
      executor,
      registry,
      bindings: { orders: at("raw"), valid: at("clean"), total: at("out") },
    });
    const out = createStore(registry.storage(at("out")));
    expect(await out.readJson("total.json")).toMatchObject({ value: 3 });
    const manifest = await readManifest({ pipeline: "orders", state: executor.state }, "total", registryOf(executor));
    expect(manifest?.manifest).toMatchObject({ uri: `s3://${bucket}/out/total.json`, task: "sum" });
    await registry.close();
  });
});

const created = "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>";
const completed = '<CompleteMultipartUploadResult><ETag>"whole"</ETag></CompleteMultipartUploadResult>';

/** A bucket without objects, which takes every write. */
function emptyBucket({ method, url }: Seen): Answer {
  if (method === "HEAD" || method === "GET") return { status: 404, body: errorXml("NoSuchKey", "There is none.") };
  if (method === "POST") return { status: 200, body: /[?&]uploads/.test(url) ? created : completed };
  return { status: 200, headers: { etag: `"${"0".repeat(32)}"` } };
}

test("a small object is one request, a large one is parts; each has its checksum, encryption and storage class", async () => {
  const { endpoint, seen } = await startStub(emptyBucket);
  const adapter = s3({
    kind: "s3",
    bucket: "acme",
    endpoint,
    forcePathStyle: true,
    encryption: { kms: "alias/data" },
    storageClass: "STANDARD_IA",
  });
  await adapter.write("k", chunks(part));
  expect(seen).toMatchObject([{ method: "PUT", bytes: part }]);
  await adapter.write("k", chunks(part, 1));
  expect(seen.slice(1).map(({ method }) => method)).toEqual(["POST", "PUT", "PUT", "POST"]);
  expect(seen.slice(2, 4).map(({ bytes }) => bytes)).toEqual(expect.arrayContaining([part, 1]));
  for (const { method, headers } of seen)
    if (method === "PUT") expect(headers["x-amz-checksum-crc32"]).toMatch(/^[\w+/]{6}==$/);
  for (const { headers } of [seen[0], seen[1]] as Seen[])
    expect(headers).toMatchObject({
      "x-amz-server-side-encryption": "aws:kms",
      "x-amz-server-side-encryption-aws-kms-key-id": "alias/data",
      "x-amz-storage-class": "STANDARD_IA",
    });
});

test("S3's own encryption; nothing is sent where nothing is set", async () => {
  const { endpoint, seen } = await startStub(emptyBucket);
  const resource = { kind: "s3", bucket: "acme", endpoint, forcePathStyle: true } as const;
  await s3({ ...resource, encryption: "AES256" }).write("k", chunks(1));
  await s3(resource).write("k", chunks(1));
  expect(seen.map(({ headers }) => headers["x-amz-server-side-encryption"])).toEqual(["AES256", undefined]);
  expect(seen[1]?.headers["x-amz-storage-class"]).toBe(undefined);
});

test("conditions are checked where the object is published, parts or not", async () => {
  const { endpoint, seen } = await startStub((request) =>
    request.method === "HEAD" ? { status: 200, headers: { etag: '"e"' } } : emptyBucket(request),
  );
  const adapter = s3({ kind: "s3", bucket: "acme", endpoint, forcePathStyle: true });
  await adapter.write("k", chunks(1), { ifMatch: "e" });
  await adapter.write("k", chunks(part, 1), { ifMatch: "e" });
  expect(seen.filter(({ headers }) => headers["if-match"] === "e").map(({ method }) => method)).toEqual([
    "PUT",
    "POST",
  ]);
  expect(seen.at(-1)).toMatchObject({ method: "POST", url: expect.stringContaining("uploadId=u") });
});

test("parts that fail end the upload, also while the body doesn't answer", async () => {
  const { endpoint, seen } = await startStub((request) =>
    request.url.includes("partNumber") ? { status: 403, body: errorXml("AccessDenied", "No.") } : emptyBucket(request),
  );
  async function* stuck(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(part);
    yield new Uint8Array(1);
    await new Promise(() => {});
  }
  const adapter = s3({ kind: "s3", bucket: "acme", endpoint, forcePathStyle: true });
  await expect(adapter.write("k", stuck())).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  expect(seen.at(-1)).toMatchObject({ method: "DELETE", url: expect.stringContaining("uploadId=u") });
});

test("a completion whose answer is lost is no failure where the object is there", async () => {
  let completions = 0;
  const parts = `"${"0".repeat(32)}"`;
  const { endpoint } = await startStub((request) => {
    // The digest of two digests of zeros.
    const etag = `"${createHash("md5").update(Buffer.alloc(32)).digest("hex")}-2"`;
    if (request.method === "HEAD") return { status: 200, headers: { etag, "content-length": String(part + 1) } };
    if (request.method !== "POST" || !request.url.includes("uploadId"))
      return { ...emptyBucket(request), headers: { etag: parts } };
    completions++;
    return completions === 1 ? undefined : { status: 404, body: errorXml("NoSuchUpload", "It is gone.") };
  });
  const adapter = s3({ kind: "s3", bucket: "acme", endpoint, forcePathStyle: true });
  expect((await adapter.write("k", chunks(part, 1))).etag).toMatch(/^[0-9a-f]{32}-2$/);
  expect(completions).toBe(2);
});

async function* chunks(...sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (const size of sizes) yield new Uint8Array(size);
}

function registryOf(executor: LocalExecutor): ReturnType<typeof createRegistry> {
  return createRegistry(executor.providers);
}
