import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { AWSExecutor } from "@glacier/aws";
import { testExecutor } from "@glacier/testkit";
import { afterAll, beforeAll, describe, vi } from "vitest";
import { lambdaMissing } from "../services/lambda.ts";
import { type LambdaApi, startLambdaApi } from "../services/lambda-api.ts";
import { type MotoService, motoMissing, startMoto } from "../services/moto.ts";
import { deploying } from "./deployer.ts";

const commands = "A command needs a container, and the fake has functions only.";

const missing = [motoMissing(), lambdaMissing()].some((reason) => reason !== undefined);

describe.skipIf(missing)("AWSExecutor, direct, over functions under AWS's own runtime client", () => {
  let moto: MotoService;
  let api: LambdaApi;

  beforeAll(async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
    [moto, api] = await Promise.all([startMoto(), startLambdaApi()]);
    return () => Promise.all([moto.stop(), api.stop()]);
  });
  afterAll(() => void vi.unstubAllEnvs());

  let worlds = 0;
  testExecutor("the kit", {
    async create({ secrets }) {
      const region = "eu-west-1";
      const { endpoint } = moto;
      const [bucket, secretsPrefix] = [await moto.makeBucket(), `world-${++worlds}/`];
      const secretsManager = new SecretsManagerClient({ region, endpoint });
      for (const [name, SecretString] of Object.entries(secrets))
        await secretsManager.send(new CreateSecretCommand({ Name: `${secretsPrefix}${name}`, SecretString }));
      secretsManager.destroy();
      const executor = new AWSExecutor({
        region,
        bucket,
        // It takes a bundle, which the deployment has just made.
        checkCode: false,
        clients: {
          lambda: new LambdaClient({ region, endpoint: api.endpoint, maxAttempts: 1 }),
          s3: new S3Client({ region, endpoint, forcePathStyle: true, requestChecksumCalculation: "WHEN_REQUIRED" }),
        },
      });
      return deploying(executor, api, { bucket, secretsPrefix, endpoint });
    },
    skip: {
      "a command reads files and writes files": commands,
      "a command that fails: COMMAND_FAILED, with exit code and last words": commands,
      "what a handler prints becomes log lines, with secrets masked":
        "What a function prints goes to CloudWatch Logs; ctx.log is what events are made of.",
      "nothing is left running after a run":
        "Lambda keeps machines warm, and here they are processes of the test's own.",
    },
    timeout: 90_000,
  });
});
