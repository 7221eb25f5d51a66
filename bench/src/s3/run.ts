// One transfer of 1 GiB in a process of its own: seconds, and the process's peak memory.
import { once } from "node:events";
import { Readable } from "node:stream";
import type { StorageAdapter } from "@glacier/core";

const [mode = "", endpoint = ""] = process.argv.slice(2);
Object.assign(process.env, { AWS_ACCESS_KEY_ID: "key", AWS_SECRET_ACCESS_KEY: "secret", AWS_REGION: "us-east-1" });

const size = 1024 ** 3;
const chunk = Buffer.alloc(64 * 1024, 7);

const modes: Readonly<Record<string, () => Promise<(bytes: number) => Promise<void>>>> = {
  "write by hand": async () => {
    const { request } = await import("node:http");
    return async (bytes) => {
      const put = request(`${endpoint}/b/k`, { method: "PUT" });
      const answered = once(put, "response");
      for (const piece of body(bytes)) if (!put.write(piece)) await once(put, "drain");
      put.end();
      const [response] = await answered;
      await drain(response);
    };
  },
  "write by glacier": async () => {
    const adapter = await glacier();
    return async (bytes) => void (await adapter.write("k", stream(bytes)));
  },
  "write by lib-storage": async () => {
    const { Upload } = await import("@aws-sdk/lib-storage");
    const client = await sdk();
    return async (bytes) => {
      const Body = Readable.from(body(bytes), { objectMode: false });
      await new Upload({ client, params: { Bucket: "b", Key: "k", Body } }).done();
    };
  },
  "read by hand": async () => {
    const { request } = await import("node:http");
    return async () => {
      const get = request(`${endpoint}/b/k`).end();
      const [response] = await once(get, "response");
      await drain(response);
    };
  },
  "read by glacier": async () => {
    const adapter = await glacier();
    return async () => drain((await adapter.read("k")).body);
  },
  "read by the SDK": async () => {
    const { GetObjectCommand } = await import("@aws-sdk/client-s3");
    const client = await sdk();
    return async () => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: "b", Key: "k" }));
      await drain(Body as Readable);
    };
  },
};

const transfer = (await modes[mode]?.()) as (bytes: number) => Promise<void>;
if (mode.startsWith("write")) await transfer(chunk.length); // loads what is lazy
const started = performance.now();
await transfer(size);
const seconds = (performance.now() - started) / 1000;
console.log(JSON.stringify({ seconds, rssMiB: process.resourceUsage().maxRSS / 1024 }));
process.exit();

function* body(bytes: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes; at += chunk.length) yield chunk;
}

async function* stream(bytes: number): AsyncGenerator<Uint8Array> {
  yield* body(bytes);
}

async function drain(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of chunks);
}

async function glacier(): Promise<StorageAdapter> {
  const { s3 } = await import("@glacier/aws");
  const adapter = s3({ kind: "s3", bucket: "b", endpoint, forcePathStyle: true });
  await adapter.stat("k");
  return adapter;
}

async function sdk(): Promise<import("@aws-sdk/client-s3").S3Client> {
  const { HeadObjectCommand, S3Client } = await import("@aws-sdk/client-s3");
  const client = new S3Client({ endpoint, forcePathStyle: true });
  await client.send(new HeadObjectCommand({ Bucket: "b", Key: "k" }));
  return client;
}
