import { type ChildProcess, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const main = join(repository, "packages/cli/src/main.ts");
const folders: string[] = [];

afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** What a command answered. */
export interface Answer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A temporary folder, gone after the tests. */
export function folder(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "glacier-cli-")));
  folders.push(path);
  return path;
}

/** A temporary project with these files. Its dependencies are links into this repository, but for `stuck`: see {@link stuck}. */
export function project(
  files: Record<string, string>,
  dependencies: readonly string[] = ["@glacier/core", "@glacier/local", "zod"],
): string {
  const root = folder();
  install(root);
  const json = {
    name: "a-project",
    type: "module",
    dependencies: Object.fromEntries(dependencies.map((name) => [name, "*"])),
  };
  write(root, { "package.json": JSON.stringify(json), ...files });
  return root;
}

/** Gives a project its dependencies. */
export function install(root: string): void {
  for (const [name, path] of Object.entries({
    "@glacier/aws": join(repository, "packages/aws"),
    "@glacier/core": join(repository, "packages/core"),
    "@glacier/formats": join(repository, "packages/formats"),
    "@glacier/local": join(repository, "packages/local"),
    "@types/node": join(repository, "node_modules/@types/node"),
    zod: join(repository, "node_modules/zod"),
  })) {
    mkdirSync(dirname(join(root, "node_modules", name)), { recursive: true });
    symlinkSync(path, join(root, "node_modules", name));
  }
  write(join(root, "node_modules/stuck"), {
    "package.json":
      '{ "name": "stuck", "version": "1.2.3", "type": "module", "exports": "./index.js", "glacier": { "provider": "provider" } }',
    "index.js": stuck,
  });
}

/** Gives a project a package whose export `provider` is this text, evaluated. */
export function installProvider(root: string, name: string, provider: string, version = "1.0.0"): void {
  write(join(root, "node_modules", name), {
    "package.json": JSON.stringify({
      name,
      version,
      type: "module",
      exports: "./index.js",
      glacier: { provider: "provider" },
    }),
    "index.js": `export const provider = ${provider};\n`,
  });
}

/** A provider with an executor whose attempts never settle, whatever its signal says. */
const stuck = `
const local = () => ({
  name: "local",
  supports: ["local"],
  defaultStorage: { kind: "localFs", basePath: ".glacier/data" },
  state: { kind: "localFs", basePath: ".glacier" },
  execute: () => new Promise(() => {}),
});
export const provider = { name: "stuck", contract: 1, executors: { stuck: local } };
`;

/** Writes files below a folder. */
export function write(root: string, files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
}

/** Every file of a project, but for its dependencies. */
export function listFiles(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules"))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

/** The arguments that start the real command line, from its sources, in a process of its own. */
export const command: readonly string[] = [process.execPath, "--conditions=@glacier/source", main];

/** Starts `glacier` and answers the process and what it will have said. */
export function start(
  cwd: string,
  args: readonly string[],
  env: Record<string, string> = {},
): { child: ChildProcess; answer: Promise<Answer>; output(): string } {
  const [node = "", ...options] = command;
  const child = spawn(node, [...options, ...args], { cwd, env: cleanEnv(env), stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const answer = new Promise<Answer>((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
  return { child, answer, output: () => stdout + stderr };
}

/** Runs `glacier` to its end. */
export function glacier(cwd: string, args: readonly string[], env: Record<string, string> = {}): Promise<Answer> {
  return start(cwd, args, env).answer;
}

/** Resolves as soon as the command has said `text`; rejects when it ends without. */
export async function said({ child, output }: ReturnType<typeof start>, text: string): Promise<void> {
  while (!output().includes(text)) {
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode} before it said "${text}":\n${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** This process's environment without what would change colours or the kind of display. */
export function cleanEnv(more: Record<string, string>): Record<string, string> {
  const { NO_COLOR, FORCE_COLOR, CI, NODE_OPTIONS, ...rest } = process.env as Record<string, string>;
  return { ...rest, TERM: "xterm-256color", ...more };
}

/** Whether a program is installed in one of the usual places. */
export function hasProgram(name: string): boolean {
  return ["/usr/bin", "/bin"].some((path) => existsSync(join(path, name)));
}

/** A pipeline of three tasks: a source of numbers, their sum (which `FAIL` breaks and `SLOW` delays by so many milliseconds), and a report on it. */
export const numbersPipeline = `
import { setTimeout as sleep } from "node:timers/promises";
import { Dataset, ndjson, Pipeline, task } from "@glacier/core";
import { z } from "zod";

const numbers = new Dataset("numbers", { schema: z.object({ n: z.number() }), format: ndjson() });
const total = new Dataset("total", { schema: z.number() });
const report = new Dataset<string>("report");

const make = task("make", { output: numbers, params: z.object({ count: z.number().default(3) }) }, async function* (_, { params }) {
  for (let n = 1; n <= params.count; n++) yield { n };
});
const add = task("add", { inputs: { numbers }, output: total }, async ({ numbers }, { log, signal }) => {
  log.info("adding up", { with: "care" });
  console.log("printed by a handler");
  await sleep(Number(process.env["SLOW"] ?? 0), undefined, { signal });
  if (process.env["FAIL"]) fail();
  let sum = 0;
  for await (const { n } of numbers) sum += n;
  return sum;
});
const write = task("write", { inputs: { total }, output: report }, ({ total }) => \`total: \${total}\`);

function fail(): never {
  throw new TypeError("does not add up");
}

export const pipeline = new Pipeline("numbers", [make, add, write]);
`;
