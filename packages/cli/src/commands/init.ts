import { spawn } from "node:child_process";
import { existsSync, lstatSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { writeArtifacts } from "@glacier/core/node";
import { exitCodes } from "../command/exit-code.ts";
import type { Command, CommandContext } from "../command/io.ts";
import { usage } from "../command/parse.ts";
import { chooseProvider } from "../init/known-providers.ts";
import { naming, type TemplateName } from "../init/names.ts";
import { projectFiles } from "../init/project-files.ts";
import type { InitAnswers } from "../init/questions.ts";

/**
 * `glacier init`: writes a project that type-checks, runs and passes its own tests. Overwrites nothing: where one of its
 * files is there already, it writes none. Errors: `USAGE`, `STORAGE_FAILED`.
 */
export const command: Command = async (context) => {
  const { cwd, out, quiet } = context;
  const packageManager = choosePackageManager(context);
  const answers = await settle(context, packageManager);
  if (answers === undefined) return exitCodes.interrupted;
  checkName(answers.template, answers.name);
  const target = resolve(cwd, answers.folder);
  const files = projectFiles(answers);
  refuseToOverwrite(target, Object.keys(files), answers.folder);
  await writeArtifacts(files, target);
  const installed = answers.install && (await install(packageManager, target));
  if (!quiet) out.lines(nextSteps({ ...answers, install: installed }, relative(cwd, target), packageManager, context));
  if (installed === answers.install) return exitCodes.done;
  process.stderr.write(`${packageManager} install failed: see above. The project's files are written.\n`);
  return exitCodes.failed;
};

async function settle({ args, out }: CommandContext, packageManager: string): Promise<InitAnswers | undefined> {
  const known = {
    folder: args.positionals[0],
    template: templateOf(args.text("template")),
    name: args.text("name"),
    providers: args.list("provider")?.map(chooseProvider),
    install: args.flag("install") ? true : undefined,
  };
  if (known.template === "provider" && known.providers !== undefined)
    throw usage("--provider is for a pipeline", "Leave it out, or begin a pipeline: --template pipeline.");
  // Whoever names providers has said that it is a pipeline.
  const template = known.template ?? (known.providers === undefined ? undefined : "pipeline");
  if (out.isTTY && process.stdin.isTTY && !args.flag("yes")) {
    if (known.name !== undefined && template !== undefined) checkName(template, known.name);
    const { ask } = await import("../init/questions.ts");
    return ask({ ...known, template, packageManager });
  }
  if (known.folder === undefined)
    throw usage(
      "glacier init needs a folder where it can't ask",
      "For instance glacier init my-pipeline, or glacier init . for this folder.",
    );
  return {
    folder: known.folder,
    template: template ?? "pipeline",
    name: known.name ?? naming[template ?? "pipeline"].from(known.folder),
    providers: known.providers ?? [],
    install: known.install ?? false,
  };
}

function templateOf(text: string | undefined): TemplateName | undefined {
  if (text === undefined || Object.hasOwn(naming, text)) return text as TemplateName | undefined;
  throw usage(
    `--template takes ${Object.keys(naming).join(" or ")}, not "${text}"`,
    "For instance --template provider, for a package that others' pipelines install.",
  );
}

function checkName(template: TemplateName, name: string): void {
  const mistake = naming[template].mistake(name);
  if (mistake !== undefined)
    throw usage(`--name ${name}: ${mistake}`, `For instance --name ${naming[template].from(name)}.`);
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
  { name, template, install: installed }: InitAnswers,
  folder: string,
  packageManager: string,
  { out: { style } }: CommandContext,
): string[] {
  const steps = [
    ...(folder === "" ? [] : [`cd ${folder}`]),
    ...(installed ? [] : [`${packageManager} install`]),
    // Not `bun test`, which is bun's own.
    template === "pipeline" ? `${packageManager} start` : `${packageManager} run test`,
  ];
  return [
    `${style.green("✔")} ${style.bold(name)} is written to ${folder === "" ? "this folder" : folder}. Next:`,
    ...steps.map((step) => `  ${style.cyan(step)}`),
  ];
}
