import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findProgram } from "./program.ts";

/** Terraform with the real AWS provider, which it takes from a folder of this machine. */
export interface TerraformService {
  /** Runs a command in a module's folder; rejects with what it says where it fails. */
  run(folder: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
  stop(): void;
}

/** Why a suite that needs Terraform is skipped. Says so once; in CI that is a failure. */
export function terraformMissing(): string | undefined {
  const missing =
    findProgram("terraform") === undefined
      ? "terraform is not installed: https://developer.hashicorp.com/terraform/install"
      : findMirror() === undefined
        ? "the AWS provider is not on this machine: `terraform providers mirror FOLDER`, and TERRAFORM_MIRROR=FOLDER"
        : undefined;
  if (missing === undefined) return undefined;
  if (process.env["CI"] === "true") throw new Error(missing);
  console.warn(`Terraform tests are skipped: ${missing}`);
  return missing;
}

/** Terraform with a configuration of its own. */
export function openTerraform(): TerraformService {
  const folder = mkdtempSync(join(tmpdir(), "glacier-terraform-"));
  const config = join(folder, "config.tfrc");
  writeFileSync(config, `provider_installation {\n  filesystem_mirror { path = ${JSON.stringify(findMirror())} }\n}\n`);
  const own = { TF_CLI_CONFIG_FILE: config, TF_IN_AUTOMATION: "1", CHECKPOINT_DISABLE: "1" };
  return {
    async run(cwd, args, env = {}) {
      try {
        const options = { cwd, env: { ...process.env, ...own, ...env }, maxBuffer: 64 * 2 ** 20 };
        return (await promisify(execFile)("terraform", [...args], options)).stdout;
      } catch (error) {
        const { stdout, stderr } = error as { stdout?: string; stderr?: string };
        throw new Error(`terraform ${args.join(" ")} failed:\n${stdout}\n${stderr}`, { cause: error });
      }
    },
    stop: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A folder that holds registry.terraform.io/hashicorp/aws. */
function findMirror(): string | undefined {
  const opt = existsSync("/opt") ? readdirSync("/opt").map((name) => join("/opt", name)) : [];
  const usual = [
    join(homedir(), ".terraform.d/plugins"),
    "/usr/local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
  ];
  return [process.env["TERRAFORM_MIRROR"] ?? "", ...usual, ...opt].find(
    (folder) => folder !== "" && existsSync(join(folder, "registry.terraform.io/hashicorp/aws")),
  );
}
