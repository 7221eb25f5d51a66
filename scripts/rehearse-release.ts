// Rehearses releases in a scratch clone of the last commit, one after the other: the pending changesets, a minor of core, a patch of
// one provider, a major of core. What it promises to provider authors is in CONTRIBUTING.md, "A release".
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { diff, satisfies } from "semver";
import { publicPackages, root } from "./pack.ts";

const core = "@glacier/core";
const clone = mkdtempSync(join(tmpdir(), "glacier-release-"));
try {
  git(root, "clone", "--quiet", "--no-hardlinks", ".", clone);
  symlinkSync(join(root, "node_modules"), join(clone, "node_modules"), "junction");
  const dependents = Object.keys(peerRanges());

  const pending = readdirSync(join(clone, ".changeset")).some((name) => name.endsWith(".md") && name !== "README.md");
  if (pending) {
    const first = release();
    check("the pending changesets release something", Object.keys(first).length > 0);
    show("the pending changesets", first);
  }
  const forgotten = Object.keys(versions()).filter((name) => satisfies(versions()[name] ?? "", "<0.1.0"));
  check(`no package waits for its first changeset (${forgotten.join(", ")})`, forgotten.length === 0);

  const minor = release({ [core]: "minor" });
  show("a minor of core", minor);
  check("core gets a minor", minor[core]?.bump === "minor");
  check("nothing else is released", Object.keys(minor).join() === core);
  check("every published peer range takes the new core", dependents.every(acceptsCore));

  const patch = release({ "@glacier/formats": "patch" });
  show("a patch of one provider", patch);
  check("it alone is released", Object.keys(patch).join() === "@glacier/formats");
  check("as a patch", patch["@glacier/formats"]?.bump === "patch");

  const before = peerRanges();
  const major = release({ [core]: "major" });
  show("a major of core", major);
  check("core gets a major", major[core]?.bump === "major");
  check(
    "the providers published before refuse it",
    Object.values(before).every((range) => !satisfies(versions()[core] ?? "", range)),
  );
  check(
    "every dependent is released, with a range that takes it",
    dependents.every((name) => name in major && acceptsCore(name)),
  );
  check(
    "none of them as a major",
    dependents.every((name) => major[name]?.bump !== "major"),
  );

  const next = release({ [core]: "minor" });
  show("the next minor of core", next);
  check("it is core's alone again", Object.keys(next).join() === core && dependents.every(acceptsCore));
} finally {
  rmSync(clone, { recursive: true, force: true });
}

interface Release {
  readonly from: string;
  readonly to: string;
  readonly bump: string | null;
}

/** Writes a changeset with these bumps, if any, versions the clone and commits: what was released, by package. */
function release(bumps: Readonly<Record<string, "patch" | "minor" | "major">> = {}): Readonly<Record<string, Release>> {
  const lines = Object.entries(bumps).map(([name, bump]) => `"${name}": ${bump}\n`);
  if (lines.length > 0)
    writeFileSync(
      join(clone, ".changeset", "rehearsal.md"),
      `---\n${lines.join("")}---\n\nA change that the rehearsal made up.\n`,
    );
  const before = versions();
  execFileSync(process.execPath, [join(root, "node_modules", "@changesets", "cli", "bin.js"), "version"], {
    cwd: clone,
    stdio: ["ignore", "ignore", "inherit"],
  });
  git(clone, "add", "--all");
  git(
    clone,
    "-c",
    "user.name=Rehearsal",
    "-c",
    "user.email=rehearsal@localhost",
    "commit",
    "--quiet",
    "--message",
    "Release",
  );
  const released = Object.entries(versions()).filter(([name, to]) => before[name] !== to);
  for (const [name, to] of released) check(`${name} ${to} is in its changelog`, changelog(name).includes(`## ${to}\n`));
  return Object.fromEntries(
    released.map(([name, to]) => {
      const from = before[name] ?? "0.0.0";
      return [name, { from, to, bump: diff(from, to) }];
    }),
  );
}

function versions(): Readonly<Record<string, string>> {
  return Object.fromEntries(publicPackages(clone).map(({ manifest }) => [manifest.name, manifest.version]));
}

/** The range of core that each package would publish. */
function peerRanges(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    publicPackages(clone).flatMap(({ manifest }) => {
      const range = manifest.peerDependencies?.[core];
      return range === undefined ? [] : [[manifest.name, range.replace(/^workspace:/, "")]];
    }),
  );
}

function acceptsCore(name: string): boolean {
  return satisfies(versions()[core] ?? "", peerRanges()[name] ?? "");
}

function changelog(name: string): string {
  const folder = publicPackages(clone).find(({ manifest }) => manifest.name === name)?.folder ?? "";
  const path = join(folder, "CHANGELOG.md");
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

function show(title: string, released: Readonly<Record<string, Release>>): void {
  console.log(`\n${title}:`);
  for (const [name, { from, to }] of Object.entries(released)) console.log(`  ${name} ${from} → ${to}`);
}

function check(what: string, holds: boolean): void {
  if (!holds) throw new Error(`it does not hold that ${what}`);
}

function git(cwd: string, ...args: readonly string[]): void {
  execFileSync("git", args, { cwd, stdio: ["ignore", "ignore", "inherit"] });
}
