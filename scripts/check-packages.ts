// Packs every public package and looks at the tarballs as a registry's users get them: publint, attw, what the manifest says, the
// files that must be in, and no trace of the workspace.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { isDeepStrictEqual, promisify } from "node:util";
import { type Manifest, type PackedPackage, type PublicPackage, pack, publicPackages, root } from "./pack.ts";

const run = promisify(execFile);
const packages = publicPackages();
const folder = mkdtempSync(join(tmpdir(), "glacier-pack-"));
let failed = false;
try {
  const waiting = [...packages];
  await Promise.all(
    Array.from({ length: availableParallelism() }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await check(next);
    }),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

async function check(source: PublicPackage): Promise<void> {
  const problems = await pack(source, folder).then(
    (packed) => packedProblems(source, packed),
    (error: Error) => [error.message],
  );
  console.log(`${problems.length === 0 ? "✓" : "✗"} ${source.manifest.name}`);
  for (const problem of problems) console.log(`  ${problem.replaceAll("\n", "\n  ")}`);
  failed ||= problems.length > 0;
}

async function packedProblems(source: PublicPackage, { manifest, tarball }: PackedPackage): Promise<string[]> {
  const files = (await run("tar", ["-tzf", tarball])).stdout.trim().split("\n");
  return [
    ...manifestProblems(source, manifest),
    ...fileProblems(files),
    ...(await toolProblems("publint", ["run", tarball, "--strict"])),
    // A package that only brings a command has no types to look at.
    ...(hasModules(manifest) ? await toolProblems("attw", [tarball, "--profile", "esm-only", "--no-color"]) : []),
  ];
}

function manifestProblems({ folder, manifest: source }: PublicPackage, packed: Manifest): string[] {
  const home = "https://github.com/glacier-data/glacier";
  const wanted: Readonly<Record<string, unknown>> = {
    license: "Apache-2.0",
    author: "The Glacier authors",
    homepage: `${home}#readme`,
    repository: { type: "git", url: `git+${home}.git`, directory: `packages/${basename(folder)}` },
    bugs: `${home}/issues`,
    type: "module",
    sideEffects: false,
    engines: rootManifest().engines,
    files: packed["files"],
    publishConfig: { access: "public", provenance: true },
  };
  const problems = Object.entries(wanted)
    .filter(([field, value]) => value === undefined || !isDeepStrictEqual(packed[field], value))
    .map(
      ([field, value]) =>
        `package.json: ${field} is ${JSON.stringify(packed[field])} instead of ${JSON.stringify(value)}`,
    );
  if (typeof packed["description"] !== "string") problems.push("package.json: description is missing");
  if (!Array.isArray(packed["keywords"]) || packed["keywords"].length < 3)
    problems.push("package.json: fewer than 3 keywords");
  // pnpm puts publishConfig.exports in the place of exports: they are the same but for the source condition.
  if (!isDeepStrictEqual(packed.exports, withoutSource(source.exports)))
    problems.push("package.json: publishConfig.exports is not exports without @glacier/source");
  if (/workspace:|catalog:|@glacier\/source/.test(JSON.stringify(packed)))
    problems.push("package.json: a range or a condition of the workspace is still in it");
  if (packed.name === "@glacier/core" && packed.dependencies !== undefined)
    problems.push("core must have no dependency");
  return problems;
}

function fileProblems(files: readonly string[]): string[] {
  const missing = ["README.md", "LICENSE", "package.json"].filter((file) => !files.includes(`package/${file}`));
  // What the templates of `glacier init` bring is not ours.
  const foreign = files.filter((file) => /^package\/(?!templates\/)((src|test)\/|.*\.test\.)/.test(file));
  return [
    ...missing.map((file) => `${file} is not in the tarball`),
    ...foreign.map((file) => `${file} is in the tarball: sources and tests must not be`),
  ];
}

async function toolProblems(command: string, args: readonly string[]): Promise<string[]> {
  try {
    await run("pnpm", ["exec", command, ...args], { cwd: root });
    return [];
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return [`${command}:\n${stdout}${stderr}`.trim()];
  }
}

function hasModules({ exports = {} }: Manifest): boolean {
  return Object.keys(exports).some((entry) => entry !== "./package.json");
}

function withoutSource(exports: Manifest["exports"]): unknown {
  return (
    JSON.parse(JSON.stringify(exports ?? null), (key, value) => (key === "@glacier/source" ? undefined : value)) ??
    undefined
  );
}

function rootManifest(): { readonly engines: unknown } {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
}
