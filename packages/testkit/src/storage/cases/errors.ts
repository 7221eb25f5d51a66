import { inspect } from "node:util";
import { errorCodes, type GlacierError, isGlacierError } from "@glacier/core";
import { expect } from "vitest";
import { body } from "../bodies.ts";
import { failure, listed } from "../calls.ts";
import type { Subject } from "../subject.ts";

export const errors = {
  async "NOT_FOUND: a missing object, with its key"({ adapter }: Subject): Promise<void> {
    await adapter.write("there/k", body("x"));
    for (const key of ["missing", "there", "there/missing", "there/k/below", "no/folder"]) {
      expectNamed(await failure(adapter.read(key), "NOT_FOUND"), key);
      expectNamed(await failure(adapter.stat(key), "NOT_FOUND"), key);
    }
  },

  async "PRECONDITION_FAILED: with the key"({ adapter }: Subject): Promise<void> {
    await adapter.write("a/k", body("x"));
    const refused = [
      await failure(adapter.write("a/k", body("y"), { ifNoneMatch: "*" }), "PRECONDITION_FAILED"),
      await failure(adapter.write("a/k", body("y"), { ifMatch: "another" }), "PRECONDITION_FAILED"),
      await failure(adapter.read("a/k", { ifMatch: "another" }), "PRECONDITION_FAILED"),
    ];
    for (const error of refused) expectNamed(error, "a/k");
  },

  async "an error is retryable exactly where its code is"(subject: Subject): Promise<void> {
    for (const { code, retryable } of await everyError(subject)) expect(retryable, code).toBe(errorCodes[code]);
  },

  async "an error goes through JSON with its code, message and hint"(subject: Subject): Promise<void> {
    for (const error of await everyError(subject)) {
      const { code, message, hint } = error;
      expect(JSON.parse(JSON.stringify(error))).toMatchObject({ code, message, hint });
    }
  },

  async "no credential in an error, its causes or a uri"(subject: Subject): Promise<void> {
    const { credentials } = subject;
    if (credentials === undefined)
      expect.fail(
        "`credentials` isn't given: list the passwords and keys that `create` uses, or say `credentials: []` if there are none",
      );
    const texts = ["a/k", "a b", "é"].map((key) => subject.adapter.uri(key));
    for (const error of await everyError(subject)) {
      texts.push(JSON.stringify(error), ...said(error));
      // What a log shows of it.
      texts.push(inspect(error, { depth: 8 }));
    }
    for (const text of texts) {
      for (const credential of credentials) {
        const at = text.indexOf(credential);
        if (at !== -1)
          expect.fail(
            `a credential, ${credential.length} characters long, at character ${at} of a text that begins: ${text.slice(0, Math.min(at, 100))}`,
          );
      }
    }
  },
};

/** An error of every kind that any storage can be brought to. */
async function everyError({ adapter }: Subject): Promise<GlacierError[]> {
  await adapter.write("a/k", body("x"));
  const signal = AbortSignal.abort();
  const calls = [
    adapter.read("missing"),
    adapter.stat("missing"),
    adapter.read("a/k", { ifMatch: "another" }),
    adapter.write("a/k", body("y"), { ifNoneMatch: "*" }),
    adapter.write("a/k", body("y"), { ifMatch: "another" }),
    adapter.write("../a", body("y")),
    adapter.read("a\0b"),
    adapter.delete("../a"),
    adapter.read("a/k", { signal }),
    adapter.write("a/k", body("y"), { signal }),
    listed(adapter, "", { signal }),
    ...(adapter.copy === undefined
      ? []
      : [adapter.copy("missing", "b"), adapter.copy("a/k", "a/k2", { ifMatch: "another" })]),
  ];
  const outcomes = await Promise.allSettled(calls);
  return outcomes.map((outcome) => {
    if (outcome.status === "rejected" && isGlacierError(outcome.reason)) return outcome.reason;
    throw new Error("a call that must fail with a GlacierError did not; other cases say which", {
      cause: outcome.status === "rejected" ? outcome.reason : undefined,
    });
  });
}

function expectNamed(error: GlacierError, key: string): void {
  expect(error.context.key).toBe(key);
  expect(error.message).toContain(key);
}

/** The texts of an error and of what is behind it. */
function said(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  const behind = error instanceof AggregateError ? error.errors : [];
  const causes = error.cause === undefined ? behind : [...behind, error.cause];
  return [error.message, error.stack ?? "", ...causes.flatMap(said)];
}
