import { expect, it } from "vitest";
import { loadingFlags } from "./node-flags.ts";

it("keeps what says how modules load, with its value in either form", () => {
  expect(loadingFlags(["--conditions=a", "-C", "b", "--import", "./x.mjs", "--enable-source-maps"], "")).toEqual([
    "--conditions=a",
    "-C",
    "b",
    "--import",
    "./x.mjs",
    "--enable-source-maps",
  ]);
});

it("takes NODE_OPTIONS along, first", () => {
  expect(loadingFlags(["--no-warnings"], " --require  ./hook.cjs ")).toEqual([
    "--require",
    "./hook.cjs",
    "--no-warnings",
  ]);
});

it.each([
  [["-e", "run()"]],
  [["--input-type=module", "--eval", "run()"]],
  [["--inspect-brk=9229"]],
  [["--env-file=.env"]],
  [["--max-old-space-size=64"]],
  [["--test"]],
  [["--conditions"]],
])("leaves %j behind", (argv) => {
  expect(loadingFlags(argv, "")).toEqual([]);
});
