import { fileURLToPath } from "node:url";
import { AWSExecutor, AWSTarget } from "@glacier/aws";
import { createRegistry, type Pipeline } from "@glacier/core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { stateMachineName } from "../../packages/aws/src/names.ts";
import { readCloudFormation } from "../../packages/aws/test/cloudformation-file.ts";
import { type Answer, glacier, project, write } from "../cli/harness.ts";
import { lambdaMissing } from "../services/lambda.ts";
import { type LambdaApi, startLambdaApi } from "../services/lambda-api.ts";
import { type MotoService, motoMissing, startMoto } from "../services/moto.ts";
import { type StepFunctionsApi, startStepFunctions } from "../services/step-functions.ts";
import type { Machine } from "../services/step-functions-machine.ts";
import { deploy } from "./deployer.ts";
import { steady } from "./orchestrated-pipelines.ts";
import { errorXml, type Answer as StubAnswer, startStub } from "./stub.ts";

const region = "eu-west-1";
const missing = [motoMissing(), lambdaMissing()].some((reason) => reason !== undefined);

describe.skipIf(missing)("glacier with --env aws, where only the deployment knows its bucket", () => {
  let moto: MotoService;
  let lambda: LambdaApi;
  let sfn: StepFunctionsApi;
  let bucket: string;

  beforeAll(async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
    [moto, lambda] = await Promise.all([startMoto(), startLambdaApi()]);
    sfn = await startStepFunctions({ invoke: (name, payload) => lambda.invoke(name, payload) });
    bucket = await moto.makeBucket();
    await deploySteady();
    return () => Promise.all([moto.stop(), lambda.stop(), sfn.stop()]);
  });
  afterAll(() => void vi.unstubAllEnvs());

  async function deploySteady(): Promise<void> {
    const pipeline = steady as Pipeline;
    const executor = new AWSExecutor({ region });
    const context = { whole: pipeline.plan({ for: executor }), registry: createRegistry(executor.providers) };
    await deploy(lambda, steady, context, { bucket, secretsPrefix: "", endpoint: moto.endpoint });
    const { forms } = await pipeline.compile({ target: new AWSTarget({ region }) });
    const { machine } = readCloudFormation((await forms["cloudformation"]?.()) ?? {});
    sfn.deploy(stateMachineName({ pipeline: steady.name }), machine.definition as unknown as Machine);
  }

  const own = fileURLToPath(new URL("orchestrated-pipelines.ts", import.meta.url));
  const folder = (mode: string) =>
    project(
      {
        "pipeline.ts": `export { steady } from ${JSON.stringify(own)};\n`,
        "glacier.config.ts": `export default { environments: { aws: { executor: "aws", options: { region: "${region}", mode: "${mode}" } } } };\n`,
      },
      ["@glacier/core", "@glacier/aws"],
    );

  const env = (more: Record<string, string> = {}) => ({
    AWS_ENDPOINT_URL: moto.endpoint,
    AWS_ENDPOINT_URL_LAMBDA: lambda.endpoint,
    AWS_ENDPOINT_URL_SFN: sfn.endpoint,
    ...more,
  });

  it.each(["direct", "orchestrated"])("runs %s, lists the run, tells it, and shows what it made", async (mode) => {
    const root = folder(mode);
    const on = (...args: string[]): Promise<Answer> => glacier(root, [...args, "--env", "aws"], env());
    const ran = await on("run");
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(ran.stdout).toMatch(/✔ steady succeeded in .* 4 tasks/);

    const [listed = {}] = json(await on("runs", "--json"));
    expect(listed).toMatchObject({ pipeline: "steady", status: "succeeded", tasks: { done: 4, total: 4 } });
    const told = await on("runs", "last");
    expect(told.code).toBe(0);
    expect(told.stdout).toMatch(/✔ add .* after 2 attempts/);
    expect(json(await on("show", "told", "--json"))).toMatchObject([
      { uri: `s3://${bucket}/told.json`, value: "6 3", manifest: { runId: listed["runId"] } },
    ]);
  });

  describe("says what is wrong, with what to do, before anything runs, and shows no key:", () => {
    const secrets = { AWS_SECRET_ACCESS_KEY: "hunter2-secret-key", AWS_SESSION_TOKEN: "hunter2-session-token" };

    /** Runs commands where `answers` says what Lambda's or S3's API answers. */
    async function refused(
      command: string,
      answers: { lambda?: StubAnswer; s3?: StubAnswer },
      root = folder("direct"),
    ) {
      const at = async (answer: StubAnswer) => (await startStub(() => answer)).endpoint;
      const { code, stdout, stderr } = await glacier(root, [...command.split(" "), "--env", "aws", "--verbose"], {
        ...env(secrets),
        ...(answers.lambda !== undefined && { AWS_ENDPOINT_URL_LAMBDA: await at(answers.lambda) }),
        ...(answers.s3 !== undefined && { AWS_ENDPOINT_URL: await at(answers.s3) }),
      });
      expect(code).not.toBe(0);
      expect(stdout + stderr).not.toContain("hunter2");
      return stderr;
    }
    const lambdaSays = (status: number, name: string): StubAnswer => ({
      status,
      headers: { "x-amzn-errortype": name },
      body: JSON.stringify({ message: `${name} it is` }),
    });

    it.each([
      ["run", 404, "ResourceNotFoundException", /NOT_FOUND .*"steady" is not deployed here/, /terraform apply.*region/],
      [
        "runs",
        404,
        "ResourceNotFoundException",
        /NOT_FOUND .*"steady" is not deployed here/,
        /terraform apply.*region/,
      ],
      [
        "show told",
        404,
        "ResourceNotFoundException",
        /NOT_FOUND .*"steady" is not deployed/,
        /terraform apply.*region/,
      ],
      ["run", 403, "AccessDeniedException", /PERMISSION_DENIED/, /Allow lambda:GetFunctionConfiguration on function/],
      ["run", 403, "ExpiredTokenException", /PERMISSION_DENIED/, /have expired. Sign in again/],
      ["run", 403, "UnrecognizedClientException", /PERMISSION_DENIED/, /doesn't know these credentials/],
      ["run", 403, "InvalidSignatureException", /PERMISSION_DENIED/, /clock is wrong/],
      ["run", 500, "ServiceException", /UNAVAILABLE/, /Check the network/],
    ])("%s, where Lambda answers %d %s", async (command, status, name, error, hint) => {
      const stderr = await refused(command, { lambda: lambdaSays(status, name) });
      expect(stderr).toMatch(error);
      expect(stderr).toMatch(hint);
    });

    it.each([
      ["NoSuchBucket", 404, {}, /STORAGE_FAILED bucket "bucket-1" doesn't exist/, /Check the name/],
      ["AccessDenied", 403, {}, /PERMISSION_DENIED/, /s3:ListBucket/],
      ["ExpiredToken", 400, {}, /PERMISSION_DENIED/, /have expired. Sign in again/],
      ["PermanentRedirect", 301, { "x-amz-bucket-region": "us-west-2" }, /STORAGE_FAILED .*us-west-2/, /us-west-2/],
    ])("runs, where S3 answers %s", async (name, status, headers, error, hint) => {
      const stderr = await refused("runs", { s3: { status, headers, body: errorXml(name, "so it is") } });
      expect(stderr).toMatch(error);
      expect(stderr).toMatch(hint);
    });

    it("run, of other code than is deployed", async () => {
      const older = `
        import { Pipeline } from "@glacier/core";
        import { steady } from ${JSON.stringify(own)};
        export const pipeline = new Pipeline("steady", steady.tasks.slice(0, 3), { module: steady.module });`;
      const root = folder("direct");
      write(root, { "pipeline.ts": older });
      const stderr = await refused("run", {}, root);
      expect(stderr).toMatch(/MODULE_INVALID .*other code than is here/);
      expect(stderr).toContain("Compile and apply again");
    });

    it.each([
      ["without credentials", {}, "No credentials were found. Sign in"],
      ["with half of the keys", { AWS_ACCESS_KEY_ID: "AKIA" }, "No credentials were found. Sign in"],
      ["with a profile that isn't there", { AWS_PROFILE: "nobody" }, 'profile "nobody" (AWS_PROFILE)'],
      ["with an SSO session that has ended", { AWS_PROFILE: "sso" }, "The SSO session has ended"],
    ])("run, %s", async (_, more, hint) => {
      const root = folder("direct");
      const sso = [
        "start_url = https://acme.awsapps.com/start",
        "region = eu-west-1",
        "account_id = 1",
        "role_name = r",
      ];
      write(root, { config: `[profile sso]\n${sso.map((line) => `sso_${line}\n`).join("")}` });
      const nobody = {
        AWS_ACCESS_KEY_ID: "",
        AWS_SECRET_ACCESS_KEY: "",
        HOME: root,
        AWS_CONFIG_FILE: `${root}/config`,
      };
      const { code, stderr } = await glacier(root, ["run", "--env", "aws"], {
        ...env({ ...nobody, ...more }),
        AWS_EC2_METADATA_DISABLED: "true",
      });
      expect(code).toBe(1);
      expect(stderr).toContain("PERMISSION_DENIED can't look up the deployment");
      expect(stderr).toContain(hint);
    });

    it.each([
      ["in no region", "{}", "no region is set", "AWS_REGION"],
      ["in a region that is none", '{ region: "Ireland" }', '"region" is not valid', "eu-west-1"],
    ])("run, %s", async (_, options, message, hint) => {
      const root = folder("direct");
      const config = `export default { environments: { aws: { executor: "aws", options: ${options} } } };`;
      write(root, { "glacier.config.ts": config });
      const { code, stderr } = await glacier(root, ["run", "--env", "aws"], env({ HOME: root }));
      expect(code).toBe(3);
      expect(stderr).toMatch(new RegExp(`OPTION_INVALID .*${message}`));
      expect(stderr).toContain(hint);
    });

    it("run, without a network", async () => {
      const down = { AWS_ENDPOINT_URL_LAMBDA: "http://127.0.0.1:9" };
      const { code, stderr } = await glacier(folder("direct"), ["run", "--env", "aws"], env(down));
      expect(code).toBe(1);
      expect(stderr).toMatch(/UNAVAILABLE can't look up the deployment .*ECONNREFUSED/);
      expect(stderr).toContain("Check the network");
    });
  });
});

function json({ code, stdout, stderr }: Answer): Record<string, unknown>[] {
  expect(code, stderr).toBe(0);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}
