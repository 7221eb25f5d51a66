import { Readable } from "node:stream";
import { expect } from "vitest";
import { body, noise, oddChunks } from "../bodies.ts";
import { bytesOf, expectBytes, keysOf, sideBySide, textOf } from "../calls.ts";
import type { Subject } from "../subject.ts";

export const roundTrips = {
  async "an object of no bytes"({ adapter }: Subject): Promise<void> {
    expect(await adapter.write("none", body())).toMatchObject({ key: "none", size: 0 });
    await adapter.write("folder/none", body(new Uint8Array(0)));
    expect(await bytesOf(adapter, "none")).toHaveLength(0);
    expect(await bytesOf(adapter, "folder/none")).toHaveLength(0);
    expect((await adapter.stat("none")).size).toBe(0);
    expect(await keysOf(adapter)).toEqual(["folder/none", "none"]);
  },

  async "an object of one byte"({ adapter }: Subject): Promise<void> {
    for (const byte of [0, 10, 13, 128, 255]) {
      expect((await adapter.write("k", body(Uint8Array.of(byte)))).size).toBe(1);
      expect([...(await bytesOf(adapter, "k"))]).toEqual([byte]);
    }
  },

  async "chunks of odd sizes"({ adapter }: Subject): Promise<void> {
    const bytes = noise(3_500_000);
    await adapter.write("k", body(...oddChunks(bytes)));
    expectBytes(await bytesOf(adapter, "k"), bytes);
  },

  async "10,000 chunks of a few bytes"({ adapter }: Subject): Promise<void> {
    const bytes = noise(70_000);
    const chunks = Array.from({ length: 10_000 }, (_, i) => bytes.subarray(i * 7, i * 7 + 7));
    await adapter.write("k", body(...chunks));
    expectBytes(await bytesOf(adapter, "k"), bytes);
  },

  async "empty chunks between others, and chunks within larger buffers"({ adapter }: Subject): Promise<void> {
    const bytes = noise(300_000);
    const empty = new Uint8Array(0);
    await adapter.write(
      "k",
      body(empty, bytes.subarray(100, 200), empty, empty, bytes.subarray(1_000, 299_999), empty),
    );
    expectBytes(await bytesOf(adapter, "k"), Buffer.concat([bytes.subarray(100, 200), bytes.subarray(1_000, 299_999)]));
  },

  async "a body that fills the same buffer again"({ adapter, large }: Subject): Promise<void> {
    const size = 100_000;
    for (const count of [2, Math.ceil(large / size) + 1]) {
      const buffer = new Uint8Array(size);
      const refilled = async function* (): AsyncGenerator<Uint8Array> {
        for (let i = 1; i <= count; i++) yield buffer.fill(i);
        buffer.fill(0);
      };
      await adapter.write("k", refilled());
      const chunks = Array.from({ length: count }, (_, i) => new Uint8Array(size).fill(i + 1));
      expectBytes(await bytesOf(adapter, "k"), Buffer.concat(chunks));
    }
  },

  async "sizes around 64 KiB, 1 MiB and each threshold"({ adapter, thresholds }: Subject): Promise<void> {
    for (const threshold of [65_536, 1_048_576, ...thresholds]) {
      for (const size of [threshold - 1, threshold, threshold + 1]) {
        const bytes = noise(size, size);
        expect(await adapter.write("k", body(...oddChunks(bytes)))).toMatchObject({ size });
        expect((await adapter.stat("k")).size).toBe(size);
        expectBytes(await bytesOf(adapter, "k"), bytes);
        await adapter.write("k", body(bytes));
        expectBytes(await bytesOf(adapter, "k"), bytes);
      }
    }
  },

  async "a body of any make: web stream, Node stream"({ adapter }: Subject): Promise<void> {
    const bytes = noise(500_000);
    await adapter.write("web", new Blob([bytes as Uint8Array<ArrayBuffer>]).stream());
    await adapter.write("node", Readable.from(oddChunks(bytes)));
    expectBytes(await bytesOf(adapter, "web"), bytes);
    expectBytes(await bytesOf(adapter, "node"), bytes);
  },

  async "a write, a replace and a delete show at once"({ adapter }: Subject): Promise<void> {
    for (let i = 0; i < 10; i++) {
      const { etag } = await adapter.write("a/k", body(`first ${i}`));
      expect(await textOf(adapter, "a/k")).toBe(`first ${i}`);
      expect((await adapter.stat("a/k")).etag).toBe(etag);
      expect(await keysOf(adapter, "a/")).toEqual(["a/k"]);
      await adapter.write("a/k", body(`and then ${i}`));
      expect(await textOf(adapter, "a/k")).toBe(`and then ${i}`);
      expect((await adapter.stat("a/k")).size).toBe(10);
      await adapter.delete("a/k");
      expect(await keysOf(adapter, "a/")).toEqual([]);
    }
  },

  async "many keys written and read side by side"({ adapter }: Subject): Promise<void> {
    const numbers = Array.from({ length: 100 }, (_, i) => i);
    await sideBySide(numbers, (i) => adapter.write(`${i % 5}/${i}`, body(...oddChunks(noise(i * 1_000, i)))));
    await sideBySide(numbers, async (i) => expectBytes(await bytesOf(adapter, `${i % 5}/${i}`), noise(i * 1_000, i)));
  },
};
