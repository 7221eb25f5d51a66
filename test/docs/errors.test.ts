import { readFileSync } from "node:fs";
import { type ErrorCode, errorCodes } from "@glacier/core";
import { describe, expect, it } from "vitest";
import { exitCodeFor } from "../../packages/cli/src/command/exit-code.ts";

const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
const sections = page
  .split(/^## /m)
  .slice(1)
  .map((section) => {
    const [title = "", ...body] = section.split("\n");
    return { title, body: body.join("\n") };
  });
const codes = Object.keys(errorCodes) as ErrorCode[];

describe("docs/errors.md", () => {
  it("has one section for each code, in the order of the codes, and none for another", () => {
    expect(sections.map(({ title }) => title)).toEqual(codes);
  });

  it.each(codes)("%s: meaning, retries and exit code as they are, causes, what to do", (code) => {
    const body = sections.find(({ title }) => title === code)?.body ?? "";
    expect(body).toMatch(/^\n\S.{10,}\n\n/);
    expect(body).toContain(`\nRetryable: ${errorCodes[code] ? "yes" : "no"}. Exit code: ${exitCodeFor({ code })}.\n`);
    expect(body).toMatch(/\n\*\*Typical causes\*\*\n\n- \S[\s\S]*\n\*\*What to do\*\*\n\n- \S/);
  });

  it("links only to sections that are there", () => {
    for (const [, anchor] of page.matchAll(/\]\(#([^)]+)\)/g))
      expect(codes.map((code) => code.toLowerCase())).toContain(anchor);
  });
});
