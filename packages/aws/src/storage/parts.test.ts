import { crc32 } from "node:zlib";
import { expect, test } from "vitest";
import { createPart, mostParts, partSize, sideBySide, sizeOfPart } from "./parts.ts";

test("10,000 parts hold 5 TiB, none is smaller than 5 MiB or larger than 5 GiB", () => {
  let all = 0;
  for (let number = 1; number <= mostParts; number++) {
    const size = sizeOfPart(number);
    expect(size).toBeGreaterThanOrEqual(Math.max(partSize, number > 1 ? sizeOfPart(number - 1) : 0));
    expect(size).toBeLessThanOrEqual(5 * 1024 ** 3);
    expect(sideBySide(size)).toBeGreaterThanOrEqual(1);
    all += size;
  }
  expect(all).toBeGreaterThan(5 * 1024 ** 4);
  expect(sizeOfPart(2_000)).toBe(partSize);
});

test("a part takes what fits, copies it, and knows its CRC32", () => {
  for (const memory of [undefined, new Uint8Array(100_000)]) {
    const part = createPart(100_000, memory);
    const chunk = Uint8Array.from({ length: 70_000 }, (_, i) => i % 251);
    expect(part.append(chunk, 0)).toBe(70_000);
    const first = Uint8Array.from(chunk);
    chunk.reverse();
    expect(part.full).toBe(false);
    expect(part.append(chunk, 10)).toBe(30_000);
    expect(part.full).toBe(true);
    const { bytes, checksum } = part.take();
    const expected = Buffer.concat([first, chunk.subarray(10, 30_010)]);
    expect(Buffer.compare(bytes, expected)).toBe(0);
    expect(Buffer.from(checksum, "base64").readUInt32BE()).toBe(crc32(expected));
  }
});
