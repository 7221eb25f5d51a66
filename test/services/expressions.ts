import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findProgram } from "./program.ts";

const sources = "/usr/share/gocode";
const debianGo = "/usr/lib/go-1.19/bin/go";
const go = existsSync(debianGo) ? debianGo : findProgram("go");

/** Why a suite that evaluates Argo's expressions is skipped. Says so once; in CI that is a failure. */
export function expressionsMissing(): string | undefined {
  if (go !== undefined && existsSync(`${sources}/src/github.com/antonmedv/expr`)) return undefined;
  const missing = "expr isn't installed: apt-get install golang-1.19-go golang-github-antonmedv-expr-dev";
  if (process.env["CI"] === "true") throw new Error(missing);
  console.warn(`Tests of Argo's expressions are skipped: ${missing}`);
  return missing;
}

/** An expression, and its variables. */
export type Expression = readonly [text: string, variables: Readonly<Record<string, unknown>>];

/** What expressions are in the language that Argo reads them in, by its own Go library; `{ error }` for what is none. */
export function evaluate(expressions: readonly Expression[]): Promise<unknown[]> {
  const program = fileURLToPath(new URL("../k8s/argo/evaluate.go", import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(go as string, ["run", program], {
      env: { ...process.env, GO111MODULE: "off", GOPATH: sources, GOFLAGS: "" },
      stdio: ["pipe", "pipe", "pipe"],
    });
    let [output, errors] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    child.once("error", reject);
    child.once("close", (code) => (code === 0 ? resolve(JSON.parse(output)) : reject(new Error(errors))));
    child.stdin.end(JSON.stringify(expressions));
  });
}
