import { spawn } from "node:child_process";
import { findProgram } from "./program.ts";

/** Why a suite that needs cfn-lint is skipped. Says so once; in CI that is a failure. */
export function cfnLintMissing(): string | undefined {
  if (findProgram("cfn-lint") !== undefined) return undefined;
  const missing = "cfn-lint is not installed: pip install cfn-lint";
  if (process.env["CI"] === "true") throw new Error(missing);
  console.warn(`CloudFormation tests are skipped: ${missing}`);
  return missing;
}

/** What cfn-lint says of a template, one line each. */
export async function cfnLint(template: string, region: string): Promise<string[]> {
  const linter = spawn("cfn-lint", ["--format", "parseable", "--regions", region, "--", template], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: Buffer[] = [];
  for (const stream of [linter.stdout, linter.stderr]) stream.on("data", (chunk: Buffer) => output.push(chunk));
  await new Promise((resolve, reject) => {
    linter.once("error", reject);
    linter.once("close", resolve);
  });
  return Buffer.concat(output)
    .toString()
    .split("\n")
    .filter((line) => line.trim() !== "");
}
