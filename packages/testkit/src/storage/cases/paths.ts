import { readFile } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { expect } from "vitest";
import { body, noise } from "../bodies.ts";
import { bytesOf, expectBytes, failure } from "../calls.ts";
import type { Subject } from "../subject.ts";

/** Keys that a URL or a path may spoil. */
const keys = ["k", "folder/k.csv", "a b/é+#?&%2F.txt"];

export const paths = {
  async "signedUrl, where there is one: its GET answers the object"({ adapter }: Subject): Promise<void> {
    if (adapter.signedUrl === undefined) return;
    for (const [i, key] of keys.entries()) {
      const bytes = noise(100_000, i + 1);
      await adapter.write(key, body(bytes));
      const response = await fetch(await adapter.signedUrl(key, { expiresIn: 300 }));
      expect(response.status, key).toBe(200);
      expectBytes(new Uint8Array(await response.arrayBuffer()), bytes);
    }
    const missing = await fetch(await adapter.signedUrl("missing", { expiresIn: 300, method: "GET" }));
    await missing.arrayBuffer();
    expect(missing.status).toBe(404);
  },

  async "signedUrl, where there is one: its PUT writes the object"({ adapter }: Subject): Promise<void> {
    if (adapter.signedUrl === undefined) return;
    for (const [i, key] of keys.entries()) {
      const bytes = noise(100_000, i + 1);
      const url = await adapter.signedUrl(key, { expiresIn: 300, method: "PUT" });
      const response = await fetch(url, { method: "PUT", body: bytes as Uint8Array<ArrayBuffer> });
      await response.arrayBuffer();
      expect(response.ok, `PUT of ${key}: ${response.status}`).toBe(true);
      expectBytes(await bytesOf(adapter, key), bytes);
    }
  },

  async "signedUrl, where there is one: one for GET refuses PUT"({ adapter }: Subject): Promise<void> {
    if (adapter.signedUrl === undefined) return;
    await adapter.write("k", body("old"));
    const url = await adapter.signedUrl("k", { expiresIn: 300, method: "GET" });
    const response = await fetch(url, { method: "PUT", body: "new" });
    await response.arrayBuffer();
    expect(response.ok).toBe(false);
    expect((await bytesOf(adapter, "k")).toString()).toBe("old");
  },

  async "localPath, where there is one: a file with the object's bytes"({ adapter }: Subject): Promise<void> {
    if (adapter.localPath === undefined) return;
    for (const [i, key] of keys.entries()) {
      const bytes = noise(100_000, i + 1);
      await adapter.write(key, body(bytes));
      const path = adapter.localPath(key);
      expect(isAbsolute(path), path).toBe(true);
      expectBytes(await readFile(path), bytes);
    }
    expect(new Set(keys.map((key) => adapter.localPath?.(key))).size).toBe(keys.length);
    await failure((async () => adapter.localPath?.("../k"))(), "KEY_INVALID");
  },
};
