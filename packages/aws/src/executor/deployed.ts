import { type AnyPipeline, type CheckContext, GlacierError } from "@glacier/core";
import { sleep } from "@glacier/core/execute";
import { buildCode } from "../code/index.ts";
import { type Deployment, deploy, variables } from "../deployment.ts";
import { functionName } from "../names.ts";
import { type Clients, longestSilence } from "./clients.ts";
import { serviceError } from "./service-errors.ts";

/** What a deployment's run function tells of it. */
export interface Deployed {
  readonly bucket: string;
  /** SHA-256 of the zip, as base64. */
  readonly codeSha256: string;
  /** ARN of a thing of the deployment's region and account: `arn("states", "stateMachine:orders")`. */
  arn(service: string, resource: string): string;
}

/** Looks a deployment up. Errors: `NOT_FOUND` where there is none, `PERMISSION_DENIED`, `UNAVAILABLE`, `OPTION_INVALID`. */
export async function lookUp(deployment: Deployment, clients: Clients): Promise<Deployed> {
  const name = functionName(deployment);
  const { pipeline, tenant } = deployment;
  const whose = `pipeline "${pipeline}"${tenant === undefined ? "" : ` of tenant "${tenant}"`}`;
  const context = { pipeline };
  const { sdk, client } = await clients.lambda();
  const command = new sdk.GetFunctionConfigurationCommand({ FunctionName: name });
  // The client is one that waits for functions, and this is answered at once.
  const ask = () => client.send(command, { abortSignal: AbortSignal.timeout(longestSilence) });
  const found = await patiently(ask).catch((error) => {
    throw serviceError(error, {
      what: `look up the deployment of ${whose}`,
      action: `lambda:GetFunctionConfiguration on function ${name}`,
      missing: `${whose} is not deployed here: there is no function "${name}"`,
      context,
    });
  });
  const { Environment, FunctionArn = "", CodeSha256 = "" } = found;
  const bucket = Environment?.Variables?.[variables.bucket];
  if (bucket === undefined) {
    throw new GlacierError("NOT_FOUND", {
      message: `function "${name}" is not what AWSTarget emits: it has no ${variables.bucket}`,
      hint: deploy,
      context,
    });
  }
  const [, partition = "aws", , region = "", account = ""] = FunctionArn.split(":");
  return {
    bucket,
    codeSha256: CodeSha256,
    arn: (service, resource) => `arn:${partition}:${service}:${region}:${account}:${resource}`,
  };
}

/** Asks again after a failure that may pass, which this client, made for invocations, doesn't do by itself. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      const { retryable } = serviceError(error, { what: "ask", action: "" });
      if (!retryable || tries === 3) throw error;
      await sleep(200 * 2 ** tries * Math.random());
    }
  }
}

/** Whether what is deployed is what would be compiled here and now. Errors: those of `buildCode`. */
export async function isCurrent(
  { codeSha256 }: Deployed,
  pipeline: AnyPipeline,
  { whole, registry }: CheckContext,
): Promise<boolean> {
  const { zip } = await buildCode(whole, { pipeline, registry });
  return Buffer.from(zip.sha256, "hex").toString("base64") === codeSha256;
}

/** The error of a deployment whose code is another. */
export function otherCode({ pipeline }: Deployment): GlacierError {
  return new GlacierError("MODULE_INVALID", {
    message: `what is deployed of pipeline "${pipeline}" was compiled from other code than is here`,
    hint: "Compile and apply again. To run what is deployed as it is: new AWSExecutor({ checkCode: false }).",
    context: { pipeline },
  });
}
