import type { ReadOptions } from "@glacier/core";
import { expect } from "vitest";
import { body, noise } from "../bodies.ts";
import { bytesOf, collect, expectBytes, failure } from "../calls.ts";
import type { Subject } from "../subject.ts";

type Range = NonNullable<ReadOptions["range"]>;

export const ranges = {
  async "a range with both ends"(subject: Subject): Promise<void> {
    await expectRanges(subject, "0123456789", [
      [{ start: 0, end: 3 }, "012"],
      [{ start: 0, end: 1 }, "0"],
      [{ start: 4, end: 7 }, "456"],
      [{ start: 9, end: 10 }, "9"],
      [{ start: 0, end: 10 }, "0123456789"],
    ]);
  },

  async "a range to the object's end"(subject: Subject): Promise<void> {
    await expectRanges(subject, "0123456789", [
      [{ start: 7 }, "789"],
      [{ start: 9 }, "9"],
      [{ start: 0 }, "0123456789"],
    ]);
  },

  async "a range that counts from the end"(subject: Subject): Promise<void> {
    await expectRanges(subject, "0123456789", [
      [{ start: -3 }, "789"],
      [{ start: -1 }, "9"],
      [{ start: -10 }, "0123456789"],
      [{ start: -5, end: 7 }, "56"],
    ]);
  },

  async "a range from the end that is longer than the object"(subject: Subject): Promise<void> {
    await expectRanges(subject, "0123456789", [
      [{ start: -11 }, "0123456789"],
      [{ start: -1_000_000 }, "0123456789"],
      [{ start: -30, end: 2 }, "01"],
    ]);
  },

  async "a range that lies past the end, in part or whole"(subject: Subject): Promise<void> {
    await expectRanges(subject, "0123456789", [
      [{ start: 8, end: 100 }, "89"],
      [{ start: 10 }, ""],
      [{ start: 10, end: 11 }, ""],
      [{ start: 12, end: 20 }, ""],
      [{ start: 5_000_000 }, ""],
    ]);
  },

  async "a range of no bytes"(subject: Subject): Promise<void> {
    await expectRanges(subject, "0123456789", [
      [{ start: 0, end: 0 }, ""],
      [{ start: 5, end: 5 }, ""],
      [{ start: 10, end: 10 }, ""],
    ]);
  },

  async "any range of an object of no bytes"(subject: Subject): Promise<void> {
    await expectRanges(subject, "", [
      [{ start: 0 }, ""],
      [{ start: 0, end: 10 }, ""],
      [{ start: -5 }, ""],
      [{ start: 3, end: 4 }, ""],
    ]);
  },

  async "ranges of a large object"({ adapter, large }: Subject): Promise<void> {
    const bytes = noise(large + 3_000_000);
    await adapter.write("k", body(bytes.subarray(0, 1_300_001), bytes.subarray(1_300_001)));
    for (const [start, end] of [
      [0, 1_048_577],
      [1_048_575, 3_300_000],
      [large - 1, large + 1],
      [bytes.length - 1, bytes.length + 1],
    ] as const) {
      const { info, body: part } = await adapter.read("k", { range: { start, end } });
      expect(info.size).toBe(bytes.length);
      expectBytes(await collect(part), bytes.subarray(start, end));
    }
    expectBytes(await bytesOf(adapter, "k", { range: { start: -70_000 } }), bytes.subarray(-70_000));
  },

  async "a range of one version only, by ifMatch"({ adapter }: Subject): Promise<void> {
    const { etag } = await adapter.write("k", body("0123456789"));
    const range = { start: 2, end: 4 };
    expect((await bytesOf(adapter, "k", { range, ifMatch: etag })).toString()).toBe("23");
    await adapter.write("k", body("9876543210"));
    await failure(adapter.read("k", { range, ifMatch: etag }), "PRECONDITION_FAILED");
    await failure(adapter.read("k", { range: { start: 100 }, ifMatch: etag }), "PRECONDITION_FAILED");
  },

  async "a range of a missing object"({ adapter }: Subject): Promise<void> {
    for (const range of [{ start: 0, end: 1 }, { start: 5 }, { start: -5 }, { start: 3, end: 3 }])
      await failure(adapter.read("missing", { range }), "NOT_FOUND");
  },
};

async function expectRanges(
  { adapter }: Subject,
  content: string,
  expected: readonly (readonly [Range, string])[],
): Promise<void> {
  const written = await adapter.write("k", body(content.slice(0, 4), content.slice(4)));
  for (const [range, part] of expected) {
    const { info, body: found } = await adapter.read("k", { range });
    expect(info, "info is the whole object's").toMatchObject({ key: "k", size: content.length, etag: written.etag });
    expect((await collect(found)).toString(), JSON.stringify(range)).toBe(part);
  }
}
