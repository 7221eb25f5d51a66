import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeArtifacts } from "@glacier/core/node";
import { expect } from "vitest";
import { type Compiled, compile, type TargetSubject } from "./compile.ts";
import { type PipelineSpec, taskSpec } from "./pipelines.ts";
import { onRandomPipelines, typical } from "./random.ts";

export async function legalPaths(subject: TargetSubject): Promise<void> {
  await onRandomPipelines(subject, async (spec) => checkPaths(await compile(subject, spec, { schedule: "0 3 * * *" })));
  await checkPaths(await compile(subject, similar));
}

async function checkPaths({ forms }: Compiled): Promise<void> {
  for (const { form, artifacts } of forms) {
    const paths = Object.keys(artifacts);
    expect(paths.length, `files of ${form}`).toBeGreaterThan(0);
    for (const path of paths) {
      // What every disk takes: no drive, no folder above, no character or name that Windows refuses.
      for (const part of path.split("/")) {
        expect(part, `a part of the path "${path}"`).toMatch(
          /^(?!(con|prn|aux|nul|com\d|lpt\d)(\.|$))[^\\/:*?"<>|\p{Cc}]{1,255}$/iu,
        );
        expect(part, `a part of the path "${path}"`).toMatch(/[^. ]$/);
      }
    }
    const folded = paths.map((path) => path.normalize("NFC").toLowerCase());
    expect(new Set(folded).size, `paths of ${form} that differ where a disk folds case`).toBe(paths.length);
    await checkWritten(artifacts);
  }
}

async function checkWritten(artifacts: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "glacier-testkit-"));
  try {
    await writeArtifacts(artifacts, folder);
    for (const [path, content] of Object.entries(artifacts)) {
      expect(readFileSync(join(folder, path)).equals(Buffer.from(content as string)), `"${path}", read back`).toBe(
        true,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function legalNames(subject: TargetSubject): Promise<void> {
  checkNames(await compile(subject, typical, { tenant: "acme", schedule: "0 3 * * *" }));
  await onRandomPipelines(subject, async (spec) => checkNames(await compile(subject, spec)));
}

export async function similarNames(subject: TargetSubject): Promise<void> {
  checkNames(await compile(subject, similar));
  checkNames(await compile(subject, similar, { tenant: "t".repeat(63) }));
}

/** Names of full length that differ at one place, and names that only "_" and "-" tell apart. */
const similar: PipelineSpec = {
  name: `p${"-q".repeat(31)}`,
  tasks: [
    ...["", "x", "y"].map((end) => "a".repeat(62) + end),
    ...["x", "y"].map((start) => start + "b".repeat(62)),
    `c${"_-".repeat(31)}`,
    `c${"-_".repeat(31)}`,
    "a-b",
    "a_b",
    "a__b",
    "a--b",
    "ab",
    "a-b-",
    "a-b_",
    "con",
  ].map((name) => taskSpec(name, { outputNames: [name], secrets: ["api-key"] })),
};

export async function separateNames(subject: TargetSubject): Promise<void> {
  // Each pair of a pipeline's and a task's name spells the same when they are joined, folded or cut.
  const compiled = [
    await compile(subject, { name: "a", tasks: [taskSpec("b-c")] }),
    await compile(subject, { name: "a-b", tasks: [taskSpec("c")] }),
    await compile(subject, { name: "a_b", tasks: [taskSpec("c")] }),
    await compile(subject, { name: "b", tasks: [taskSpec("c")] }, { tenant: "a" }),
    await compile(subject, { name: "b", tasks: [taskSpec("c")] }, { tenant: "a-2" }),
    await compile(subject, { name: `${"z".repeat(62)}1`, tasks: [taskSpec("c")] }),
    await compile(subject, { name: `${"z".repeat(62)}2`, tasks: [taskSpec("c")] }),
  ];
  const owners = new Map<string, { readonly owner: number; readonly name: string }>();
  const shared: string[] = [];
  for (const [owner, { forms }] of compiled.entries()) {
    for (const { form, view } of forms) {
      for (const { name, what } of view.names.filter(({ global }) => global === true)) {
        const before = owners.get(`${form} ${what} ${name}`);
        if (before !== undefined && before.owner !== owner) shared.push(`${form}: ${what} "${name}"`);
        owners.set(`${form} ${what} ${name}`, { owner, name });
      }
    }
  }
  expect(shared, "global names that two pipelines or tenants have").toEqual([]);
}

function checkNames({ forms }: Compiled): void {
  for (const { form, view } of forms) {
    expect(view.names.length, `names in ${form}`).toBeGreaterThan(0);
    const seen = new Set<string>();
    for (const { name, legal, maxLength = Number.POSITIVE_INFINITY, what } of view.names) {
      const whole = new RegExp(`^(?:${legal.source})$`, legal.flags.replace(/[gy]/g, ""));
      expect(name, `${form}: the name of a ${what}`).toMatch(whole);
      expect(name.length, `${form}: the length of the ${what} "${name}"`).toBeLessThanOrEqual(maxLength);
      expect(seen.has(`${what} ${name}`), `${form}: two of ${what} are named "${name}"`).toBe(false);
      seen.add(`${what} ${name}`);
    }
  }
}
