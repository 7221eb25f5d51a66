// Begins a project of each template with `npm create glacier`, of the packed packages and with plain npm, and does there what its
// README says: a pipeline, pipelines over formats and for AWS and Kubernetes, a provider package; and the packed provider in a pipeline of its users.
import { execFile } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { startRegistry } from "./registry.ts";

const provider = "@acme/glacier-paper-shelf";

await using registry = await startRegistry();
const folder = mkdtempSync(join(tmpdir(), "glacier-templates-"));
try {
  // One after the other: npx installs create-glacier with the first.
  const plain = await create("plain", []);
  const columns = await create("columns", ["--provider", "formats"]);
  const cloud = await create("cloud", ["--provider", "aws", "--provider", "k8s"]);
  const shelf = await create("shelf", ["--template", "provider", "--name", provider]);
  const customer = await create("customer", ["--provider", provider]);
  await both(
    async () => {
      await checkPipeline(plain, /revenue\s.*\.glacier\/data\/revenue\.json/);
      await checkPipeline(columns, /clean_orders\s.*clean_orders\.parquet/);
      await checkPipeline(cloud, /revenue\s.*\.glacier\/data\/revenue\.json/);
      const compiled = await run(cloud, "npx", ["glacier", "compile", "--env", "aws", "--out", "infra"]);
      expectOutput("npx glacier compile", compiled, /compiled for aws as terraform[\s\S]*main\.tf\.json/);
      const manifests = await run(cloud, "npx", ["glacier", "compile", "--env", "kubernetes", "--out", "deploy"]);
      expectOutput("npx glacier compile", manifests, /compiled for kubernetes as manifests[\s\S]*kustomization\.yaml/);
    },
    async () => checkUse(customer, await checkProvider(shelf)),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function checkPipeline(project: string, output: RegExp): Promise<void> {
  await npm(project, "install");
  expectOutput("npm test", await npm(project, "test"), /pass 1\n[\s\S]*fail 0\n/);
  expectOutput("npm run check", await npm(project, "run", "check"), / is valid/);
  expectOutput("npm start", await npm(project, "start"), output);
  console.log(`✓ ${basename(project)}: npm test, npm run check, npm start`);
}

/** Gives the packed provider's path. */
async function checkProvider(project: string): Promise<string> {
  await npm(project, "install");
  expectOutput("npm test", await npm(project, "test"), /Tests .*\d+ passed/);
  await npm(project, "run", "check");
  await npm(project, "run", "build");
  const [packed] = JSON.parse(await npm(project, "pack", "--json", "--ignore-scripts"));
  const files = packed.files.map(({ path }: { readonly path: string }) => path);
  const foreign = files.filter((path: string) => !/^(dist\/\w+\.(js|d\.ts)|README\.md|package\.json)$/.test(path));
  if (foreign.length > 0 || !files.includes("dist/index.d.ts")) throw new Error(`npm pack packs ${files.join(", ")}`);
  console.log(`✓ ${basename(project)}: npm test, npm run check, npm run build, npm pack`);
  return join(project, packed.filename);
}

/** A pipeline that starts with the provider, and keeps a dataset there. */
async function checkUse(project: string, tarball: string): Promise<void> {
  // Nobody has published it: npm takes it from the tarball instead.
  await npm(project, "install", tarball);
  const cores = globSync("**/node_modules/@glacier/core/package.json", { cwd: project });
  if (cores.length !== 1) throw new Error(`${cores.length} copies of core: ${cores.join(", ")}`);
  expectOutput(
    "npx glacier providers",
    await run(project, "npx", ["glacier", "providers"]),
    new RegExp(`✔ papershelf {2}${provider} 0\\.1\\.0[^✔✖]*storage +papershelf\\n`),
  );
  const datasets = join(project, "src/datasets.ts");
  const before = readFileSync(datasets, "utf8");
  const after = `import { papershelfStorage } from "${provider}";\n${before}`.replace(
    'Dataset("revenue", { ',
    'Dataset("revenue", { storage: papershelfStorage({ name: "top" }), ',
  );
  writeFileSync(datasets, after);
  await npm(project, "run", "check");
  expectOutput("npm start", await npm(project, "start"), /papershelf:\/\/top\/revenue\.json/);
  console.log(`✓ ${basename(project)}: npx glacier providers, and a dataset kept with ${provider}`);
}

async function create(name: string, options: readonly string[]): Promise<string> {
  await npm(folder, "create", "--yes", "--prefer-offline", "glacier@latest", name, "--", ...options);
  return join(folder, name);
}

/** Side by side, for two cores; neither is left running when the other fails. */
async function both(...work: readonly (() => Promise<void>)[]): Promise<void> {
  for (const result of await Promise.allSettled(work.map((one) => one())))
    if (result.status === "rejected") throw result.reason;
}

function npm(cwd: string, command: string, ...args: readonly string[]): Promise<string> {
  const quiet = command === "install" ? ["--no-fund", "--prefer-offline", "--loglevel=error"] : [];
  return run(cwd, "npm", [command, ...quiet, ...args]);
}

function expectOutput(what: string, output: string, expected: RegExp): void {
  if (!expected.test(output)) throw new Error(`${what}: ${expected} is not in its output:\n${output}`);
}

async function run(cwd: string, command: string, args: readonly string[]): Promise<string> {
  // Nothing of the checkout may be found there: neither its settings for npm nor its modules.
  const own = Object.entries(process.env).filter(([name]) => !/^(npm|pnpm)_|^NODE_PATH$/i.test(name));
  const env = { ...Object.fromEntries(own), ...registry.env, NO_COLOR: "1" };
  try {
    return (await promisify(execFile)(command, args, { cwd, env })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(" ")}:\n${stdout}${stderr}`, { cause: error });
  }
}
