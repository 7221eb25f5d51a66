import { expect, it } from "vitest";
import { GlacierError } from "../errors/index.ts";
import type { Diagnostic } from "../provider/target.ts";
import { refusal } from "./refusal.ts";

const said = (severity: Diagnostic["severity"], message: string): Diagnostic => ({
  severity,
  error: new GlacierError("UNSUPPORTED", { message, hint: `mend ${message}` }),
});

it("is the only error itself, or one that has them all", () => {
  const [info, a, b] = [said("info", "x"), said("error", "a"), said("error", "b")];
  expect(refusal([info, a])).toBe(a.error);
  expect(refusal([a, info, b])).toMatchObject({
    code: "UNSUPPORTED",
    message: "this can't be deployed:\n- a\n- b",
    hint: "mend a",
    issues: [a.error, b.error],
  });
  expect(() => refusal([info])).toThrow(TypeError);
});
