import { type AnyPipeline, type CheckContext, type Executor, findTask } from "@glacier/core";
import { buildCode } from "../../packages/aws/src/code/index.ts";
import { handlers, variables } from "../../packages/aws/src/deployment.ts";
import { functionName } from "../../packages/aws/src/names.ts";
import { sizeTask } from "../../packages/aws/src/target/compute.ts";
import type { LambdaApi } from "../services/lambda-api.ts";

/** What a deployment's functions are told of where they are. */
export interface Place {
  readonly bucket: string;
  readonly secretsPrefix: string;
  /** Of S3 and Secrets Manager. */
  readonly endpoint: string;
}

/** Deploys the functions of a pipeline: in the fake of Lambda's API what Terraform would make of AWSTarget's files. */
export async function deploy(
  api: LambdaApi,
  pipeline: AnyPipeline,
  { whole: plan, registry }: CheckContext,
  { bucket, secretsPrefix, endpoint }: Place,
): Promise<void> {
  const { zip } = await buildCode(plan, { pipeline, registry });
  const code = { sha256: zip.sha256, zip: zip.bytes };
  const common = { [variables.bucket]: bucket, [variables.secretsPrefix]: secretsPrefix, AWS_ENDPOINT_URL: endpoint };
  api.deploy([
    { name: functionName(plan), handler: handlers.run, timeout: 60, env: common, code },
    ...plan.tasks.flatMap(({ name }) => {
      const sized = sizeTask(findTask(plan.tasks, name), () => {});
      if (sized?.kind !== "function") return [];
      const { timeout, env } = sized;
      return [{ name: functionName(plan, name), handler: handlers.task, timeout, env: { ...env, ...common }, code }];
    }),
  ]);
}

/** The same executor, for pipelines that are deployed just before they are checked. */
export function deploying(executor: Executor, api: LambdaApi, place: Place): Executor {
  return new Proxy(executor, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name !== "check") return typeof value === "function" ? value.bind(target) : value;
      const check: NonNullable<Executor["check"]> = async (plan, pipeline, context) => {
        if (pipeline.module !== undefined) await deploy(api, pipeline, context, place);
        return (await target.check?.(plan, pipeline, context)) ?? [];
      };
      return check;
    },
  });
}
