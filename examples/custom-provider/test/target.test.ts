import type { Artifacts } from "@glacier/core";
import { type TargetView, testTarget } from "@glacier/testkit";
import { expect, test } from "vitest";
import { provider } from "../src/index.ts";
import { makeTarget } from "../src/target.ts";

const fromProject =
  "The files hold no code and no limits: each task runs with `glacier run`, which reads them from the project.";
const oneUser = "make runs every task as the user who calls it, who may read and write whatever that user may.";

testTarget("make target", {
  create: () => makeTarget(),
  compute: { kind: "process" },
  providers: [provider],
  view,
  skip: {
    "other code gives other bytes": fromProject,
    "other retries, timeout or memory give other bytes": fromProject,
    "a task may touch its own datasets and no others": oneUser,
    "tenants share nothing that is written": oneUser,
    "a task gets its own secrets and no others": oneUser,
  },
});

test.each([5, "", "srv/orders", "/srv\n* * * * * reboot"])("a directory that is none, in a config: %j", (directory) => {
  expect(() => makeTarget({ directory } as never)).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
});

/** What the files say, read out of the files. */
function view({ Makefile, crontab }: Artifacts): TargetView {
  const rules = [...String(Makefile).matchAll(/^([a-z][^:\n]*):(.*)\n\t\$\(GLACIER\) --only \1$/gm)];
  const [, timeZone, cron] = /^CRON_TZ=(.+)\n(.+) cd .+ && make All/.exec(String(crontab)) ?? [];
  return {
    tasks: Object.fromEntries(rules.map(([, name, after]) => [name, { after: after?.match(/\S+/g) ?? [] }])),
    names: rules.map(([, name = ""]) => ({ name, legal: /[a-z][a-z0-9_-]*/, what: "rule" })),
    ...(cron !== undefined && timeZone !== undefined && { schedule: { cron, timeZone } }),
    may: () => true,
    secrets: () => [],
  };
}
