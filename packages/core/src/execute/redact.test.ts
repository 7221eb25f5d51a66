import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GlacierError } from "../errors/index.ts";
import { Redactor } from "./redact.ts";

function masking(...secrets: readonly string[]): Redactor {
  const redactor = new Redactor();
  for (const secret of secrets) redactor.hide(secret);
  return redactor;
}

describe("a secret's value is taken out", () => {
  it("as it is, and as JSON, a URL and base64 have it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 4, maxLength: 200 }), (secret) => {
        const { text } = boundTo(masking(secret));
        expect(text(`<${secret}>`)).toBe("<***>");
        expect(text(JSON.stringify({ key: secret }))).toBe('{"key":"***"}');
        expect(text(`?key=${encodeURIComponent(secret)}&`)).toBe("?key=***&");
        expect(text(`?${new URLSearchParams({ key: secret })}&`)).toBe("?key=***&");
        for (const user of ["", "a:", "ab:", "abc:"]) {
          for (const encoding of ["base64", "base64url"] as const) {
            const clean = text(Buffer.from(`${user}${secret}!`).toString(encoding));
            expect(clean).toContain("***");
            // Of the user's name, of "!", and a character that the secret shares with each.
            expect(clean.replace("***", "").length).toBeLessThanOrEqual(10);
          }
        }
      }),
    );
  });

  it("of which another is a part", () => {
    expect(masking("hunter2", "hunter2hunter2").text("hunter2hunter2 hunter2")).toBe("*** ***");
  });

  it("without the line end of the file that it came from, and as a URL's own text", () => {
    expect(masking("abc1234\n").text("key abc1234")).toBe("key ***");
    expect(masking("p@ss word!").text(new URL("https://a.b/?k=p@ss word!").href)).toBe("https://a.b/?k=***");
  });

  it("in each of its lines", () => {
    const { text } = boundTo(masking("-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n"));
    expect(text("line kqhkiG9w0BAQEF")).toBe("line ***");
  });

  it("in the texts of one that is JSON; short ones stand in any text", () => {
    const secret = JSON.stringify({ username: "orders", hosts: [{ password: "correct horse" }], port: 5432 });
    const { text } = boundTo(masking(secret));
    expect(text(secret)).toBe("***");
    expect(text("orders at 5432: correct horse")).toBe("orders at 5432: ***");
  });

  it("in an error, its context, its issues and its cause", () => {
    const cause = Object.assign(new Error("said hunter2"), { request: { authorization: "hunter2" } });
    const issue = new GlacierError("TASK_FAILED", { message: "no: hunter2", hint: "-" });
    const error = masking("hunter2").error(
      new GlacierError("RUN_FAILED", {
        message: "m",
        hint: "h hunter2",
        context: { key: "hunter2" },
        issues: [issue],
        cause,
      }),
    );
    expect(JSON.stringify([error, error.issues, error.cause])).not.toContain("hunter2");
    expect((error.cause as Error).stack).not.toContain("hunter2");
    expect(error.cause).not.toHaveProperty("request");
  });
});

it("nothing is masked where there is no secret, or an empty one", () => {
  expect(masking("").text("any text")).toBe("any text");
});

function boundTo(redactor: Redactor): { text(text: string): string } {
  return { text: (text) => redactor.text(text) };
}
