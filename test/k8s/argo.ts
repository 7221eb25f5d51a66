import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Manifest, ofKind } from "../../packages/k8s/test/manifests.ts";

/** How a workflow ended, as this stand-in for Argo's controller saw it. */
export interface WorkflowResult {
  readonly failed: readonly string[];
  /** By template: the exit codes of its pods, in order. */
  readonly exits: Readonly<Record<string, readonly number[]>>;
  readonly output: string;
}

interface Template {
  readonly name: string;
  readonly container: {
    readonly command: readonly string[];
    readonly args: readonly string[];
    readonly env: readonly { name: string; value?: string; valueFrom?: { secretKeyRef: { key: string } } }[];
  };
  readonly dag?: { readonly tasks: readonly { name: string; template: string; depends?: string }[] };
  readonly retryStrategy?: { readonly limit: string };
}

/**
 * Runs an emitted workflow as Argo does, as far as it is used: each pod is a process of this machine with the ConfigMaps' files in
 * a folder, started when what it depends on has succeeded, tried again after any exit code but 2. expressions.test.ts has those two for real.
 */
export async function runWorkflow(
  manifests: readonly Manifest[],
  name: string,
  { params, secrets }: { readonly params: object; readonly secrets: Readonly<Record<string, string>> },
): Promise<WorkflowResult> {
  const folder = mkdtempSync(join(tmpdir(), "glacier-argo-"));
  const templates: readonly Template[] = ofKind(manifests, "WorkflowTemplate")[0]?.["spec"].templates;
  const exits: Record<string, number[]> = {};
  const failed: string[] = [];
  let output = "";
  try {
    const code = mountCode(manifests, join(folder, "glacier"));
    const pod = async (template: Template, variables: Readonly<Record<string, string>>): Promise<number> => {
      const env: Record<string, string> = {};
      for (const { name, value, valueFrom } of template.container.env)
        env[name] =
          value === undefined
            ? (secrets[valueFrom?.secretKeyRef.key ?? ""] ?? "")
            : expanded(replaced(value, variables), env);
      const { command, args } = template.container;
      const [, ...flags] = command.map((part) => part.replace(/^\/glacier\//, `${code}/`));
      const own = { ...env, PATH: process.env["PATH"], TMPDIR: folder, HOME: folder };
      const ended = await run(process.execPath, [...flags, ...args], own);
      output += ended.output;
      exits[template.name] = [...(exits[template.name] ?? []), ended.exitCode];
      return ended.exitCode;
    };
    const find = (wanted: string) => templates.find((one) => one.name === wanted) as Template;
    const global = {
      "workflow.name": name,
      "workflow.parameters.params": JSON.stringify(params),
      "workflow.parameters.run-id": "auto",
    };
    const succeeded = new Set<string>();
    const steps = templates.find(({ dag }) => dag !== undefined)?.dag?.tasks ?? [];
    for (let before = -1; before !== succeeded.size + failed.length; ) {
      before = succeeded.size + failed.length;
      for (const step of steps) {
        const waits = step.depends?.split(" && ").map((one) => one.replace(/\.Succeeded$/, "")) ?? [];
        if (succeeded.has(step.name) || failed.includes(step.name) || !waits.every((one) => succeeded.has(one)))
          continue;
        const template = find(step.template);
        const limit = Number(template.retryStrategy?.limit ?? 0);
        const told = step.depends === undefined ? "" : readFileSync(join(folder, "glacier-run.json"), "utf8");
        let exitCode = -1;
        for (let retries = 0; retries <= limit; retries++) {
          exitCode = await pod(template, { ...global, "inputs.parameters.run": told, retries: String(retries) });
          if ([0, 2].includes(exitCode)) break;
        }
        if (exitCode === 0) succeeded.add(step.name);
        else failed.push(step.name);
      }
    }
    // Every node that failed, also those that were tried again; and quoted: workflow/controller/operator.go.
    const failures = Object.entries(exits).flatMap(([name, codes]) => [
      ...codes.flatMap((code, i) => (code === 0 ? [] : [failure(`${name}(${i})`, code)])),
      ...(codes.at(-1) === 0 ? [] : [failure(name, codes.at(-1))]),
    ]);
    await pod(find("run--finish"), {
      ...global,
      "workflow.failures": JSON.stringify(JSON.stringify(failures)),
      "workflow.status": failed.length === 0 ? "Succeeded" : "Failed",
    });
    return { failed, exits, output };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function failure(displayName: string, code: number | undefined): object {
  return { displayName, message: `main: Error (exit code ${code})` };
}

/** What Argo makes of a template's text. The one function that is used is in expressions.test.ts, too. */
function replaced(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\{\{(.+?)\}\}/g, (all, tag: string) => {
    const [, name = "", end] = /^=toBase64\(([\w.]+)(?:\[:(\d+)\])?\)$/.exec(tag) ?? [];
    const value = variables[name];
    if (value === undefined) return variables[tag] ?? all;
    return Buffer.from(value)
      .subarray(0, end === undefined ? undefined : Number(end))
      .toString("base64");
  });
}

/** What Kubernetes makes of a variable: https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/ */
function expanded(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\((.+?)\)/g, (all, name?: string) => (name === undefined ? "$" : (env[name] ?? all)));
}

/** The folder that the pods' projected volume is. */
function mountCode(manifests: readonly Manifest[], folder: string): string {
  mkdirSync(folder);
  for (const { data = {}, binaryData = {} } of ofKind(manifests, "ConfigMap")) {
    for (const [name, content] of Object.entries(data)) writeFileSync(join(folder, name), String(content));
    for (const [name, content] of Object.entries(binaryData))
      writeFileSync(join(folder, name), Buffer.from(String(content), "base64"));
  }
  return folder;
}

function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ exitCode: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ exitCode: code ?? (signal === "SIGKILL" ? 137 : 1), output }));
  });
}
