import { isGlacierError } from "@glacier/core";
import { expect, test } from "vitest";
import { z } from "zod";
import { readParams } from "../run/params.ts";
import { resumeCommand } from "../run/resume-command.ts";
import { parseCommand } from "./parse.ts";
import { type CommandName, commands } from "./spec.ts";

test("values stay text as they were typed; repeatable options add up", () => {
  const args = parseCommand("run", ["p.ts", "--tenant", "007", "--only=a", "--only", "b", "-c", "4", "--keep-going"]);
  expect([
    args.positionals,
    args.text("tenant"),
    args.list("only"),
    args.amount("concurrency"),
    args.flag("keep-going"),
    args.flag("json"),
    args.list("from"),
  ]).toEqual([["p.ts"], "007", ["a", "b"], 4, true, false, undefined]);
});

test("no command uses a short option twice", () => {
  for (const name of Object.keys(commands) as CommandName[]) {
    const shorts = Object.values(commands[name].options).flatMap(({ short }) => short ?? []);
    expect(new Set(shorts).size).toBe(shorts.length);
  }
});

test("params are converted where the schemas agree on a type that is not text", () => {
  const tasks = [
    { params: z.object({ n: z.number(), on: z.boolean(), tags: z.array(z.string()), both: z.number() }) },
    { params: z.object({ both: z.string() }) },
    { params: undefined },
  ];
  expect(
    readParams(["n=1e3", "on=true", 'tags=["a"]', "both=7", "free=1=2", "empty="], { n: 1, kept: true }, tasks),
  ).toEqual({ n: 1000, on: true, tags: ["a"], both: "7", free: "1=2", empty: "", kept: true });
  expect(readParams(["n=", "on=yes", "tags=a"], undefined, tasks)).toEqual({ n: "", on: "yes", tags: "a" });
  expect(readParams(undefined, undefined, tasks)).toBeUndefined();
  for (const bad of ["n", "=1"])
    expect(() => readParams([bad], undefined, [])).toThrow(expect.toSatisfy((error) => isGlacierError(error, "USAGE")));
});

test("the command that resumes is the one that was typed, without params, with --resume once", () => {
  expect(
    resumeCommand(["run", "my flow.ts", "--param", "a=1", "--param=b=2", "--resume", "old", "--env", "prod"], "r1"),
  ).toBe("glacier run 'my flow.ts' --env prod --resume r1");
});
