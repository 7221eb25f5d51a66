import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Plan } from "@glacier/core";
import { expect, vi } from "vitest";
import { bytesOf, codeFile, compile, type TargetSubject } from "./compile.ts";
import type { PipelineSpec } from "./pipelines.ts";
import { onRandomPipelines, typical } from "./random.ts";

const throughJson = (plan: Plan): Plan => JSON.parse(JSON.stringify(plan));

export async function sameBytes(subject: TargetSubject): Promise<void> {
  await onRandomPipelines(
    subject,
    async (spec) => {
      const module = codeFile(spec.name);
      const first = await compile(subject, spec, { module });
      expect(bytesOf(await compile(subject, spec, { module, plan: throughJson }))).toEqual(bytesOf(first));
      const reversed = await compile(subject, spec, { module, reversed: true });
      expect(reversed.plan).toEqual(first.plan);
      expect(bytesOf(reversed)).toEqual(bytesOf(first));
    },
    6,
  );
}

export async function otherSurroundings(subject: TargetSubject): Promise<void> {
  const module = codeFile(typical.name);
  const given = { module, tenant: "acme", schedule: { cron: "30 2 * * 1", timeZone: "Europe/Berlin" } };
  const here = await compile(subject, typical, given);
  const there = await elsewhere(() => compile(subject, typical, given));
  expect(bytesOf(there)).toEqual(bytesOf(here));
}

/** Runs `work` on another day, in another time zone, locale and folder. */
async function elsewhere<T>(work: () => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "glacier-testkit-"));
  const before = process.cwd();
  vi.stubEnv("TZ", "Pacific/Chatham");
  for (const name of ["LANG", "LC_ALL", "LANGUAGE"]) vi.stubEnv(name, "tr_TR.UTF-8");
  vi.stubEnv("USER", "somebody-else");
  vi.setSystemTime(new Date("2031-07-08T09:10:11Z"));
  const moved = changeFolder(folder);
  try {
    return await work();
  } finally {
    if (moved) process.chdir(before);
    vi.useRealTimers();
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A worker thread has no folder of its own. */
function changeFolder(folder: string): boolean {
  try {
    process.chdir(folder);
    return true;
  } catch {
    return false;
  }
}

export async function otherPlace(subject: TargetSubject): Promise<void> {
  const here = await compile(subject, typical, { module: codeFile(typical.name) });
  const there = await compile(subject, typical, { module: codeFile(typical.name) });
  expect(bytesOf(there)).toEqual(bytesOf(here));
}

export async function otherCode(subject: TargetSubject): Promise<void> {
  const one = await compile(subject, typical, { module: codeFile(typical.name, "return 1") });
  const other = await compile(subject, typical, { module: codeFile(typical.name, "return 2") });
  expect(bytesOf(other), "the files of other code").not.toEqual(bytesOf(one));
}

export async function otherLimits(subject: TargetSubject): Promise<void> {
  const module = codeFile(typical.name);
  const base = bytesOf(await compile(subject, typical, { module }));
  const changed = (change: object): PipelineSpec => ({
    ...typical,
    tasks: typical.tasks.map((task, i) => (i === 0 ? { ...task, ...change } : task)),
  });
  for (const [what, change] of Object.entries({ retries: { retries: 3 }, timeout: { timeout: 61 } })) {
    const other = bytesOf(await compile(subject, changed(change), { module }));
    expect(other, `the files with other ${what}`).not.toEqual(base);
  }
  const { compute } = subject;
  if (compute === undefined || (compute.kind !== "container" && compute.kind !== "serverless")) return;
  const other = bytesOf(
    await compile(subject, typical, { module, compute: { ...compute, memory: 3072 } as typeof compute }),
  );
  expect(other, "the files with other memory").not.toEqual(base);
}

export async function schedules(subject: TargetSubject): Promise<void> {
  const module = codeFile(typical.name);
  const given = [
    undefined,
    { cron: "30 2 * * *", timeZone: "Europe/Berlin" },
    { cron: "45 2 * * *", timeZone: "Europe/Berlin" },
    { cron: "30 2 * * *", timeZone: "America/New_York" },
    { cron: "*/15 6-18 1,15 * *", timeZone: "UTC" },
  ];
  const seen = new Set<string>();
  for (const schedule of given) {
    const compiled = await compile(subject, typical, { module, ...(schedule !== undefined && { schedule }) });
    for (const { form, view } of compiled.forms)
      expect(view.schedule, `when the files of ${form} start it`).toEqual(schedule);
    seen.add(JSON.stringify(bytesOf(compiled)));
  }
  expect(seen.size, "how many of the schedules have files of their own").toBe(given.length);
}
