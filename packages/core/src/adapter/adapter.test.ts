import { describe, expect, test } from "vitest";
import { isGlacierError } from "../index.ts";
import { checkKey, orAbort } from "./index.ts";

describe("orAbort", () => {
  test("gives what the promise gives, and nothing stays on the signal", async () => {
    const { signal } = new AbortController();
    expect(await orAbort(Promise.resolve(1), signal)).toBe(1);
    await expect(orAbort(Promise.reject(new RangeError("mine")), signal)).rejects.toThrow(RangeError);
  });

  test("a signal ends the wait for a promise that never settles, and one that fired before any", async () => {
    const controller = new AbortController();
    const waiting = orAbort(new Promise(() => {}), controller.signal);
    controller.abort();
    await expect(waiting).rejects.toSatisfy((error) => isGlacierError(error, "CANCELLED"));
    await expect(orAbort(Promise.resolve(1), controller.signal)).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

test.each(["", "/a", "../a", "a/../b", "a/./b", "a//b", "a/", "a\0b", "..", ".", "\ud800", "k".repeat(1025)])(
  "checkKey refuses %j",
  (key) => {
    expect(() => checkKey(key)).toThrow(expect.objectContaining({ code: "KEY_INVALID" }));
  },
);

test.each(["a", "a/b c", "..a/%2F", "é/e\u0301/😀"])("checkKey passes %j", (key) => {
  expect(checkKey(key)).toBe(key);
});
