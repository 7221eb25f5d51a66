import { gunzipSync } from "node:zlib";
import { createRegistry, type Registry, type StorageAdapter } from "@glacier/core";
import { expect, it } from "vitest";
import { buildCode } from "./code.ts";
import { shelveCode } from "./code-url.ts";
import { pipeline } from "./fixtures/pipeline.ts";

const bucket = { kind: "bucket" };
const plan = pipeline.plan({ for: { defaultStorage: bucket, state: bucket } });
const module = pipeline.module as string;

/** Storage that can what is given, and only that. */
function registryOf(can: Partial<StorageAdapter>): Registry {
  const fail = () => {
    throw new Error("not here");
  };
  const adapter = { read: fail, write: fail, stat: fail, list: fail, delete: fail, uri: fail, ...can };
  return createRegistry([{ name: "here", contract: 1, module, storage: { bucket: () => adapter as StorageAdapter } }]);
}

it("has the pipeline and its storage's provider, and neither the client nor the bundler", async () => {
  const { bytes, modules } = await buildCode(module, { plan, registry: registryOf({}) });
  const files: Record<string, string> = JSON.parse(gunzipSync(bytes).toString());
  expect(Object.keys(files)).toEqual(["task.mjs", "task.mjs.map"]);
  expect(modules).toEqual({
    module: "glacier:pipeline",
    providers: [{ name: "here", module: "glacier:provider/here" }],
  });
  const { sources, sourcesContent } = JSON.parse(files["task.mjs.map"] ?? "");
  expect(sourcesContent).toBeUndefined();
  expect(sources.filter((path: string) => /client-node|esbuild|packages\/bundler/.test(path))).toEqual([]);
  expect(bytes.length).toBeLessThan(200 * 1024);
});

it("a provider that doesn't say where it is can't travel", async () => {
  const registry = createRegistry([{ name: "lost", contract: 1, storage: { bucket: () => ({}) as StorageAdapter } }]);
  expect(() => buildCode(module, { plan, registry })).toThrow(expect.objectContaining({ code: "PROVIDER_INVALID" }));
});

it("code for which a ConfigMap is too small is stored, opened by a URL, and cleared", async () => {
  const stored = new Map<string, number>();
  const registry = registryOf({
    async write(key, body) {
      let size = 0;
      for await (const { length } of body) size += length;
      stored.set(key, size);
      return { key, size, etag: "e" } as never;
    },
    async delete(key) {
      stored.delete(key);
    },
    signedUrl: async (key) => `https://bucket/${key}?signed`,
  });
  const code = { bytes: new Uint8Array(5), hash: "abc", modules: { module, providers: [] } };
  const [one, other] = await Promise.all(["r1", "r2"].map((runId) => shelveCode(code, runId, { plan, registry })));
  expect(await one?.url()).toBe("https://bucket/code/orders/r1-abc.json.gz?signed");
  expect([...stored.keys()].sort()).toEqual(["code/orders/r1-abc.json.gz", "code/orders/r2-abc.json.gz"]);
  await other?.clear();
  expect([...stored]).toEqual([["code/orders/r1-abc.json.gz", 5]]);
  await one?.clear();
  expect([...stored]).toEqual([]);
});

it("storage without signed URLs can't keep such code", async () => {
  const code = { bytes: new Uint8Array(5), hash: "abc", modules: { module, providers: [] } };
  await expect(shelveCode(code, "r", { plan, registry: registryOf({}) })).rejects.toMatchObject({
    code: "UNSUPPORTED",
    message: expect.stringContaining("bucket storage"),
  });
});
