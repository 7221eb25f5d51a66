import { readFileSync } from "node:fs";
import { errorCodes } from "@glacier/core";
import { expect, it } from "vitest";

it("docs/errors.md has one section for each code, and none for another", () => {
  const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
  const sections = [...page.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
  expect(sections).toEqual(Object.keys(errorCodes));
});
