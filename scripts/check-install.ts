// Installs the packed packages into empty folders with plain npm, as users do, and uses them there:
// each package alone beside core, then a pipeline of core, local, cli and, later, formats.
import { execFile } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { pipelineFiles, reportFiles } from "./install-pipeline.ts";
import { type Manifest, root } from "./pack.ts";
import { startRegistry } from "./registry.ts";

const core = "@glacier/core";
/** What only the named packages may bring: all that is large, or of one cloud. */
const heavy: Readonly<Record<string, readonly string[]>> = {
  "@aws-sdk/*": ["@glacier/aws"],
  "@smithy/*": ["@glacier/aws"],
  "@google-cloud/*": ["@glacier/gcp"],
  "@azure/*": ["@glacier/azure"],
  "@kubernetes/*": ["@glacier/k8s"],
  // glacier build and push; npm create glacier brings the command.
  dockerode: ["@glacier/local", "@glacier/cli", "create-glacier"],
  "apache-arrow": ["@glacier/formats"],
  hyparquet: ["@glacier/formats"],
};

await using registry = await startRegistry();
const folder = mkdtempSync(join(tmpdir(), "glacier-install-"));
try {
  for (const manifest of registry.packages) await checkAlone(manifest);
  await checkPipeline();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** A package beside core: every entry is imported, its types are checked, `require()` works. */
async function checkAlone(manifest: Manifest): Promise<void> {
  // Core's declarations need none of Node's; an SDK's may.
  const names = manifest.name === core ? [core] : [core, manifest.name, "@types/node"];
  const project = await install(manifest.name.replace("@glacier/", ""), names);
  const entries = Object.keys(manifest.exports ?? {})
    .filter((entry) => entry !== "./package.json")
    .map((entry) => manifest.name + entry.slice(1));
  // Outside of vitest a suite can't be registered: the kit is imported by tests.
  if (manifest.peerDependencies?.["vitest"] === undefined) {
    const imports = entries.map((entry) => `await import("${entry}");`);
    await run(project, "node", ["--input-type=module", "--eval", imports.join("\n")]);
    const requires = entries.map((entry) => `require("${entry}");`);
    await run(project, "node", ["--input-type=commonjs", "--eval", requires.join("\n")]);
  }
  const lines = entries.map((entry, index) => `export * as entry${index} from "${entry}";\n`);
  write(project, { "index.ts": lines.join("") });
  await typeCheck(project, "index.ts", manifest.name === core ? [] : ["node"]);
  const brought = globSync("node_modules/{*,@*/*}/package.json", { cwd: project }).length;
  if (manifest.name === core && brought !== 1) throw new Error(`${core} brings ${brought - 1} other packages`);
  console.log(`✓ ${manifest.name} alone: ${entries.length} entries, ${brought} packages`);
}

async function checkPipeline(): Promise<void> {
  const project = await install("pipeline", [core, "@glacier/local", "@glacier/cli", "zod", "@types/node"]);
  write(project, pipelineFiles);
  await typeCheck(project, "pipeline.ts", ["node"]);
  await run(project, "npx", ["glacier", "run", "--param", "least=10"]);
  expectOutput("glacier run", await run(project, "npx", ["glacier", "show", "revenue"]), /"FR": 42/);
  expectOutput("node pipeline.ts", await run(project, "node", ["pipeline.ts"]), /^succeeded file:.*revenue\.json$/m);
  console.log("✓ a pipeline of core, local and cli: glacier run, node pipeline.ts");

  await install("pipeline", ["@glacier/formats"], [core, "@glacier/local", "@glacier/cli"]);
  write(project, reportFiles);
  await typeCheck(project, "report.ts", ["node"]);
  expectOutput("csv and parquet", await run(project, "npx", ["glacier", "run", "report.ts"]), /report/);
  expectOutput(
    "parquet's rows",
    await run(project, "npx", ["glacier", "show", "report", "--file", "report.ts"]),
    /FR.*42/,
  );
  console.log("✓ and with formats: csv, parquet");
}

/** Installs into a project's folder and looks at the tree: no problem, one core, nothing that nobody chose. */
async function install(name: string, packages: readonly string[], before: readonly string[] = []): Promise<string> {
  const project = join(folder, name);
  if (before.length === 0) {
    mkdirSync(project);
    write(project, { "package.json": '{ "private": true, "type": "module" }\n' });
  }
  await run(project, "npm", ["install", "--no-fund", "--prefer-offline", "--loglevel=error", ...packages]);
  await run(project, "npm", ["ls", "--all"]);
  const cores = globSync(`**/node_modules/${core}/package.json`, { cwd: project });
  if (cores.length !== 1) throw new Error(`${name}: ${cores.length} copies of ${core}: ${cores.join(", ")}`);
  const chosen = [...packages, ...before];
  for (const [pattern, owners] of Object.entries(heavy)) {
    const found = globSync(`**/node_modules/${pattern}/package.json`, { cwd: project });
    if (found.length > 0 && !owners.some((owner) => chosen.includes(owner)))
      throw new Error(`${name}: ${found[0]} is installed without ${owners.join(" or ")}`);
  }
  return project;
}

/** With both resolutions that package users have, and our declarations checked, too. */
async function typeCheck(project: string, file: string, types: readonly string[]): Promise<void> {
  for (const [module, moduleResolution] of [
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ]) {
    const compilerOptions = {
      target: "es2024",
      module,
      moduleResolution,
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      skipLibCheck: false,
      types,
    };
    write(project, { "tsconfig.json": JSON.stringify({ compilerOptions, files: [file] }) });
    await run(project, "node", [join(root, "node_modules", "typescript", "bin", "tsc")]);
  }
}

function write(project: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) writeFileSync(join(project, path), text);
}

function expectOutput(what: string, output: string, expected: RegExp): void {
  if (!expected.test(output)) throw new Error(`${what}: ${expected} is not in its output:\n${output}`);
}

async function run(cwd: string, command: string, args: readonly string[]): Promise<string> {
  // Nothing of the checkout may be found there: neither its settings for npm nor its modules.
  const own = Object.entries(process.env).filter(([name]) => !/^(npm|pnpm)_|^NODE_PATH$/i.test(name));
  try {
    return (await promisify(execFile)(command, args, { cwd, env: { ...Object.fromEntries(own), ...registry.env } }))
      .stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(" ")}, in an empty folder:\n${stdout}${stderr}`);
  }
}
