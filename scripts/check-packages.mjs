// Packs every public package and looks at the tarballs as a registry's users get them:
// publint, attw, the files that must be in, and no trace of the workspace.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "glacier-pack-"));
const problems = [];
try {
  for (const name of readdirSync("packages").sort()) check(name);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const problem of problems) console.error(`✗ ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);

function check(name) {
  const cwd = join("packages", name);
  const manifest = JSON.parse(readFileSync(join(cwd, "package.json"), "utf8"));
  if (manifest.private === true) return;
  const target = join(folder, name);
  run("pnpm", ["pack", "--pack-destination", target], cwd);
  const tarball = join(target, readdirSync(target)[0]);
  const files = run("tar", ["-tzf", tarball]).split("\n");
  const packed = JSON.parse(run("tar", ["-xzOf", tarball, "package/package.json"]));
  for (const file of ["package/README.md", "package/LICENSE", "package/package.json"]) {
    if (!files.includes(file)) problems.push(`${name}: ${file} is not in the tarball`);
  }
  const text = JSON.stringify(packed);
  if (text.includes("@glacier/source")) problems.push(`${name}: the source condition is still in its exports`);
  if (text.includes("workspace:") || text.includes("catalog:"))
    problems.push(`${name}: a workspace or catalog range is still in its manifest`);
  if (files.some((file) => file.includes("/src/") || file.includes(".test.")))
    problems.push(`${name}: sources or tests are in the tarball`);
  if (name === "core" && packed.dependencies !== undefined) problems.push("core: it must have no dependency");
  tool(name, "publint", ["run", tarball, "--strict"]);
  tool(name, "attw", [tarball, "--profile", "esm-only"]);
  console.log(`✓ ${packed.name}: ${files.filter((file) => file !== "").length} files`);
}

function tool(name, command, args) {
  try {
    run("pnpm", ["exec", command, ...args]);
  } catch (error) {
    problems.push(`${name}: ${command}\n${error.stdout ?? ""}${error.stderr ?? ""}`);
  }
}

function run(command, args, cwd) {
  return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
