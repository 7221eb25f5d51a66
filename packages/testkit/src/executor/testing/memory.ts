import { GlacierError, type Provider, type StorageAdapter } from "@glacier/core";

/** Objects in memory, with true conditional writes. */
export function memoryProvider(): Provider {
  const spaces = new Map<string, Map<string, { bytes: Uint8Array; etag: string }>>();
  let version = 0;

  function adapterOf(space: string): StorageAdapter {
    const objects = spaces.get(space) ?? new Map<string, { bytes: Uint8Array; etag: string }>();
    spaces.set(space, objects);
    const find = (key: string) => {
      const found = objects.get(key);
      if (found === undefined) throw failure("NOT_FOUND", key);
      return { ...found, info: { key, size: found.bytes.length, etag: found.etag } };
    };
    return {
      async read(key, { range, ifMatch, signal } = {}) {
        signal?.throwIfAborted();
        const { bytes, info } = find(key);
        if (ifMatch !== undefined && ifMatch !== info.etag) throw failure("PRECONDITION_FAILED", key);
        return { body: chunks(range === undefined ? bytes : bytes.subarray(range.start, range.end)), info };
      },
      async write(key, body, { ifMatch, ifNoneMatch, signal } = {}) {
        const parts: Uint8Array[] = [];
        for await (const chunk of body) parts.push(chunk.slice());
        const bytes = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
        signal?.throwIfAborted();
        const before = objects.get(key);
        if (ifNoneMatch !== undefined && before !== undefined) throw failure("PRECONDITION_FAILED", key);
        if (ifMatch !== undefined && before?.etag !== ifMatch) throw failure("PRECONDITION_FAILED", key);
        const etag = `v${++version}`;
        objects.set(key, { bytes, etag });
        return { key, size: bytes.length, etag };
      },
      stat: async (key) => find(key).info,
      async *list(prefix) {
        for (const key of [...objects.keys()].filter((key) => key.startsWith(prefix)).sort()) yield find(key).info;
      },
      async delete(key) {
        objects.delete(key);
      },
      uri: (key) => `${space}://${key}`,
    };
  }
  return {
    name: "kit-memory",
    contract: 1,
    storage: { data: () => adapterOf("data"), state: () => adapterOf("state") },
  };
}

function failure(code: "NOT_FOUND" | "PRECONDITION_FAILED", key: string): GlacierError {
  return new GlacierError(code, { message: `${key}: ${code}`, hint: "test", context: { key } });
}

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}
