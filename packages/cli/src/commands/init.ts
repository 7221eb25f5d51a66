import { spawn } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { GlacierError } from "@glacier/core";
import { exitCodes } from "../command/exit-code.ts";
import type { Command, CommandContext } from "../command/io.ts";
import { usage } from "../command/parse.ts";
import type { InitAnswers } from "../init/questions.ts";
import { projectFiles } from "../init/template.ts";

/** `glacier init`: writes a project that type-checks and runs. Writes all of it or nothing, and overwrites nothing. */
export const command: Command = async (context) => {
  const { cwd, out, quiet } = context;
  const packageManager = choosePackageManager(context);
  const answers = await settle(context, packageManager);
  if (answers === undefined) return exitCodes.interrupted;
  const target = resolve(cwd, answers.folder);
  const files = projectFiles(answers.name, ownVersion());
  refuseToOverwrite(target, Object.keys(files), answers.folder);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), content, { flag: "wx" });
  }
  const installed = answers.install && (await install(packageManager, target));
  if (!quiet) out.lines(nextSteps({ ...answers, install: installed }, relative(cwd, target), packageManager, context));
  if (installed === answers.install) return exitCodes.done;
  process.stderr.write(`${packageManager} install failed: see above. The project's files are written.\n`);
  return exitCodes.failed;
};

async function settle({ args, out }: CommandContext, packageManager: string): Promise<InitAnswers | undefined> {
  const known = {
    folder: args.positionals[0],
    name: args.text("name"),
    install: args.flag("install") ? true : undefined,
  };
  if (known.name !== undefined) {
    const mistake = nameMistake(known.name);
    if (mistake !== undefined)
      throw usage(`--name ${known.name}: ${mistake}`, `For instance --name ${nameFrom(known.name)}.`);
  }
  if (out.isTTY && process.stdin.isTTY && !args.flag("yes")) {
    const { ask } = await import("../init/questions.ts");
    return ask({ ...known, packageManager, nameFrom, checkName: nameMistake });
  }
  if (known.folder === undefined)
    throw usage(
      "glacier init needs a folder where it can't ask",
      "For instance glacier init my-pipeline, or glacier init . for this folder.",
    );
  return { folder: known.folder, name: known.name ?? nameFrom(resolve(known.folder)), install: known.install ?? false };
}

/** A legal name from whatever a folder is called. */
export function nameFrom(folder: string): string {
  const name = basename(resolve(folder))
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "")
    .slice(0, 63);
  return name === "" ? "pipeline" : name;
}

function nameMistake(name: string): string | undefined {
  return /^[a-z][a-z0-9_-]{0,62}$/.test(name) ? undefined : 'use 1 to 63 of a-z, 0-9, "_" and "-", with a letter first';
}

function refuseToOverwrite(target: string, paths: readonly string[], folder: string): void {
  if (existsSync(target) && !lstatSync(target).isDirectory())
    throw usage(`${folder} is a file`, "Choose a folder that is new or empty.");
  const there = paths.filter((path) => existsSync(join(target, path)));
  if (there.length > 0)
    throw usage(
      `${folder} has ${there.join(", ")} already; nothing was written`,
      "Choose a folder that is new or empty.",
    );
}

const packageManagers: readonly string[] = ["npm", "pnpm", "yarn", "bun"];

function choosePackageManager({ args, env }: CommandContext): string {
  const named = args.text("package-manager");
  if (named !== undefined && !packageManagers.includes(named))
    throw usage(
      `--package-manager takes ${packageManagers.join(", ")}, not "${named}"`,
      "For instance --package-manager pnpm.",
    );
  const started = (env["npm_config_user_agent"] ?? "").split("/")[0] ?? "";
  return named ?? (packageManagers.includes(started) ? started : "npm");
}

/** Whether it went well. */
function install(packageManager: string, cwd: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(packageManager, ["install"], { cwd, stdio: "inherit", shell: process.platform === "win32" });
    child.on("error", () => resolve(false));
    child.on("close", (code) => resolve(code === 0));
  });
}

function nextSteps(
  { name, install: installed }: InitAnswers,
  folder: string,
  packageManager: string,
  { out: { style } }: CommandContext,
): string[] {
  const steps = [
    ...(folder === "" ? [] : [`cd ${folder}`]),
    ...(installed ? [] : [`${packageManager} install`]),
    `${packageManager} start`,
  ];
  return [
    `${style.green("✔")} ${style.bold(name)} is written to ${folder === "" ? "this folder" : folder}. Next:`,
    ...steps.map((step) => `  ${style.cyan(step)}`),
  ];
}

function ownVersion(): string {
  // One folder above both src/commands and dist.
  for (const up of ["../package.json", "../../package.json"]) {
    const url = new URL(up, import.meta.url);
    if (existsSync(url)) return JSON.parse(readFileSync(url, "utf8")).version;
  }
  throw new GlacierError("INTERNAL", {
    message: "the command line's own package.json is missing",
    hint: "Reinstall @glacier/cli.",
  });
}
