import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Answer, glacier, listFiles, project, write } from "../cli/harness.ts";

const config = `export default { environments: { aws: { target: "aws", targetOptions: { region: "eu-west-1" } } } };\n`;

/** A project whose pipeline has one task. */
function projectWith(task: string, more: Record<string, string> = {}): string {
  const pipeline = `
import { compute, Dataset, Pipeline, storage, task } from "@glacier/core";
const out = new Dataset("out");
export const pipeline = new Pipeline("orders", [${task}]);
`;
  const files = { "pipeline.ts": pipeline, "glacier.config.js": config, ...more };
  return project(files, ["@glacier/core", "@glacier/aws"]);
}

async function refused(root: string, args: readonly string[] = ["--env", "aws"]): Promise<Answer> {
  const before = listFiles(root);
  const answer = await glacier(root, ["compile", ...args]);
  expect(answer.stdout).toBe("");
  expect(answer.stderr).toMatch(/^ {2}hint: \S/m);
  expect(listFiles(root), "nothing is written").toEqual(before);
  return answer;
}

const computed = (compute: string) => `task("load", { output: out, compute: compute.${compute} }, () => 1)`;

describe("glacier compile for AWS", () => {
  test("writes Terraform, or CloudFormation", async () => {
    const root = projectWith(`task("load", { output: out }, () => 1)`);
    const { code, stdout, stderr } = await glacier(root, ["compile", "--env", "aws"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("orders compiled for aws as terraform");
    expect(existsSync(join(root, "infra/main.tf.json"))).toBe(true);
    expect((await glacier(root, ["compile", "--env", "aws", "--form", "cloudformation", "--out", "cfn"])).code).toBe(0);
    expect(existsSync(join(root, "cfn/template.json"))).toBe(true);
  });

  test.each([
    ["local compute", computed("local()"), /COMPUTE_UNSUPPORTED task "load" needs local compute/],
    ["a GPU", computed(`container({ image: "node:24", gpu: 1 })`), /COMPUTE_UNSUPPORTED task "load" asks for a GPU/],
    [
      "a timeout above a function's",
      computed("serverless({ timeout: 901 })"),
      /COMPUTE_UNSUPPORTED task "load" may take 901 s, and a Lambda function at most 900 \(https:/,
    ],
    [
      "a folder of this machine",
      `task("load", { output: new Dataset("out", { storage: storage.localFs({ basePath: "data" }) }) }, () => 1)`,
      /STORAGE_UNREACHABLE dataset "out" \(of "load"\) is in a folder of this machine/,
    ],
  ])("refuses %s", async (_, task, message) => {
    const { code, stderr } = await refused(projectWith(task));
    expect(stderr).toMatch(message);
    expect(code).toBe(3);
  });

  test("refuses to guess the region", async () => {
    const { code, stderr } = await refused(projectWith(computed("serverless()")), ["--target", "aws"]);
    expect(stderr).toMatch(/OPTION_INVALID .*region/);
    expect(code).toBe(3);
  });

  test("names a module with native code, and who imports it", async () => {
    const root = projectWith(`task("load", { output: out }, async () => (await import("./load.ts")).load())`, {
      "load.ts": `import native from "speedy";\nexport const load = () => native;\n`,
    });
    write(join(root, "node_modules/speedy"), {
      "package.json": '{ "name": "speedy", "version": "1.0.0", "main": "index.js" }',
      "index.js": 'module.exports = require("./speedy.node");\n',
      "speedy.node": "\u007fELF",
    });
    const { code, stderr } = await refused(root);
    expect(stderr).toMatch(/BUNDLE_FAILED .*speedy/);
    expect(code).toBe(3);
  });

  test("names what makes the code too large", async () => {
    const root = projectWith(`task("load", { output: out }, async () => (await import("bulky")).default.length)`);
    write(join(root, "node_modules/bulky"), {
      "package.json": '{ "name": "bulky", "version": "1.0.0", "type": "module", "exports": "./index.js" }',
      "index.js": `export default "${"a".repeat(126 * 2 ** 20)}";\n`,
    });
    const { code, stderr } = await refused(root);
    expect(stderr).toMatch(
      /BUNDLE_FAILED the code of pipeline "orders" is \d+\.\d MiB .* 250\.0 MiB \(https:.*\); most of it is of bulky/,
    );
    expect(code).toBe(3);
  });
});
