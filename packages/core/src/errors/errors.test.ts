import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { deserializeError, type ErrorCode, errorCodes, GlacierError, isGlacierError } from "./index.ts";

const packages = fileURLToPath(new URL("../../../", import.meta.url));
const sources = readdirSync(packages, { recursive: true, encoding: "utf8" })
  .filter((path) => /^[a-z0-9-]+\/src\/.*\.ts$/.test(path) && !/\.test(-d)?\.ts$|fixtures|node_modules/.test(path))
  .map((path) => readFileSync(join(packages, path), "utf8"))
  .join("\n");

describe("codes", () => {
  it.each(Object.keys(errorCodes))("%s is used somewhere", (code) => {
    expect(sources.split(`"${code}"`).length).toBeGreaterThan(1);
  });

  it("are the only ones", () => {
    const used = [...sources.matchAll(/new GlacierError\(\s*"([A-Z_]+)"/g)].map(([, code]) => code);
    expect(used.length).toBeGreaterThan(30);
    for (const code of used) expect(Object.keys(errorCodes)).toContain(code);
  });
});

describe("GlacierError", () => {
  const error = new GlacierError("RUN_FAILED", {
    message: "a run failed",
    hint: "look",
    cause: new Error("deep"),
    context: { runId: "r", row: 3 },
    issues: [new GlacierError("THROTTLED", { message: "slow down", hint: "wait" })],
  });

  it("survives a trip through JSON", () => {
    const copy = deserializeError(JSON.parse(JSON.stringify(error)));
    expect(copy.toJSON()).toEqual(error.toJSON());
    expect(copy.issues[0]).toMatchObject({ code: "THROTTLED", retryable: true });
    expect((copy.cause as Error).stack).toContain("deep");
  });

  it("is known by its code, also from another copy of core", () => {
    const other = Object.assign(new Error("x"), { name: "GlacierError", code: "THROTTLED" satisfies ErrorCode });
    expect(isGlacierError(error, "RUN_FAILED")).toBe(true);
    expect(isGlacierError(other)).toBe(true);
    expect(isGlacierError(other, "NOT_FOUND")).toBe(false);
    for (const not of [
      new Error("x"),
      { name: "GlacierError", code: "THROTTLED" },
      null,
      "THROTTLED",
      Object.assign(new Error(), { code: "ENOENT" }),
    ]) {
      expect(isGlacierError(not)).toBe(false);
    }
  });
});
