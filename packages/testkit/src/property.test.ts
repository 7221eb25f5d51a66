import fc from "fast-check";
import { expect, test } from "vitest";
import { holds } from "./property.ts";

/** A property whose runs settle until that many are done, and then no more. */
function slowAfter(count: number): fc.IAsyncProperty<[number]> {
  let done = 0;
  return fc.asyncProperty(fc.nat(), (_) => (done++ < count ? Promise.resolve() : new Promise<void>(() => {})));
}

test("a property that holds is tried as often as is said", async () => {
  let tried = 0;
  await holds(
    fc.asyncProperty(fc.nat(), async () => void tried++),
    { runs: 7 },
  );
  expect(tried).toBe(7);
});

test("a property that doesn't hold fails with the smallest value and the reason", async () => {
  const reason = new Error("too large");
  const small = fc.asyncProperty(fc.nat(), async (n) => {
    if (n > 10) throw reason;
  });
  await expect(holds(small, {})).rejects.toMatchObject({
    message: expect.stringMatching(/Counterexample: \[11\]/),
    cause: reason,
  });
});

test("one that is too slow for a quarter of the runs fails, and says what to raise", async () => {
  await expect(holds(slowAfter(4), { runs: 20, timeout: 1_000 })).rejects.toThrow(
    /only 4 of 20 random runs .* 5 are the least .*`timeout`/,
  );
  await holds(slowAfter(5), { runs: 20, timeout: 1_000 });
});

test("shrinking ends with the time, and the failure is told", async () => {
  let failed = false;
  const once = fc.asyncProperty(fc.nat(), () => {
    if (failed) return new Promise<void>(() => {});
    failed = true;
    return Promise.reject(new Error("found"));
  });
  await expect(holds(once, { timeout: 1_000 })).rejects.toThrow(/found|Counterexample/);
});
