import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { CodeZip } from "../../packages/aws/src/code/types.ts";
import { type Call, type Ended, execute, taskError } from "../../packages/aws/test/execution.ts";
import { allows } from "../../packages/aws/test/iam.ts";
import type { DockerService } from "../services/docker.ts";
import { type Gateway, startGateway } from "../services/gateway.ts";
import { type LambdaApi, startLambdaApi } from "../services/lambda-api.ts";
import { type MotoService, startMoto } from "../services/moto.ts";
import { keepBucketPolicies } from "./bucket-policies.ts";
import { account, hidden, type Need, needsOf, refusal } from "./permissions.ts";
import { functionArn, type Stack, type TaskDefinition } from "./stack.ts";

export const region = "eu-west-1";

/**
 * AWS, as far as it can be had here: moto behind a gateway that keeps what runs to the policies of its role, functions under
 * Lambda's own runtime client, containers in Docker, an interpreter of Amazon States Language.
 */
export interface Cloud {
  readonly endpoint: string;
  /** What roles asked for, by the name of each, and were allowed. */
  readonly used: ReadonlyMap<string, readonly Need[]>;
  /** What was refused. */
  readonly refused: readonly string[];
  /** What executions run from now on. */
  deploy(stack: Stack, zip: Pick<CodeZip, "bytes" | "sha256">): void;
  start(name: string, input?: object): Promise<Ended>;
  stop(): Promise<void>;
}

export async function startCloud(docker?: DockerService): Promise<Cloud> {
  const moto: MotoService = await startMoto();
  const lambda: LambdaApi = await startLambdaApi();
  const used = new Map<string, Need[]>();
  const refused: string[] = [];
  let deployed: Stack | undefined;
  const statementsOf = (role: string) => deployed?.roles.get(role);
  const use = (role: string, needs: readonly Need[]) => used.set(role, [...(used.get(role) ?? []), ...needs]);

  const bucketPolicy = keepBucketPolicies();
  const gateway: Gateway = await startGateway(
    moto.endpoint,
    (request) => {
      const policy = bucketPolicy(request);
      if (policy !== undefined) return policy;
      const unknown = notInMoto[String(request.headers["x-amz-target"])];
      if (unknown !== undefined) return { status: 200, headers: jsonHeaders, body: JSON.stringify(unknown) };
      const statements = statementsOf(request.identity);
      if (statements === undefined) return undefined;
      const needs = needsOf(request, region);
      const no = refusal(request, needs, statements);
      if (no === undefined) use(request.identity, needs);
      else refused.push(no.body);
      return no;
    },
    (request, status) => {
      const statements = statementsOf(request.identity);
      return statements === undefined ? undefined : hidden(request, status, statements);
    },
  );
  /** What every process is told of where it runs; the key is the role that it has. */
  const machine = (role: string) => ({
    AWS_ENDPOINT_URL: gateway.endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: role,
    AWS_SECRET_ACCESS_KEY: "test",
  });

  function need(role: string, needs: readonly Need[]): void {
    const denied = needs.find(({ action, resource }) => !allows(statementsOf(role) ?? [], action, resource));
    if (denied !== undefined) throw new Error(`${role} may not ${denied.action} ${denied.resource}`);
    use(role, needs);
  }

  async function callFunction(role: string, name: string, event: unknown): Promise<object> {
    need(role, [{ action: "lambda:InvokeFunction", resource: functionArn(name, region) }]);
    const { answer, error } = await lambda.invoke(name, event);
    if (error !== undefined) throw taskError({ Error: error.errorType, Cause: JSON.stringify(error) });
    return { StatusCode: 200, Payload: answer };
  }

  /** As ECS runs a task on Fargate: https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html */
  async function runContainer(role: string, definition: TaskDefinition, env: Record<string, string>): Promise<object> {
    need(role, [
      { action: "ecs:RunTask", resource: `arn:aws:ecs:${region}:${account}:task-definition/${definition.family}:1` },
      { action: "ecs:TagResource", resource: `arn:aws:ecs:${region}:${account}:task/${deployed?.machine.name}/0a1b2c` },
      { action: "iam:PassRole", resource: `arn:aws:iam::${account}:role/${definition.role}` },
    ]);
    const all = { ...definition.env, ...env, ...machine(definition.role) };
    const args = ["-H", `unix://${docker?.socketPath}`, "run", "--rm", "--network=host"];
    const variables = Object.entries(all).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    const ExitCode = await promisify(execFile)("docker", [...args, ...variables, definition.image]).then(
      () => 0,
      (error: { code?: number }) => error.code ?? 1,
    );
    const task = { Containers: [{ Name: "task", ExitCode }], StoppedReason: "Essential container in task exited" };
    if (ExitCode !== 0) throw taskError({ Error: "States.TaskFailed", Cause: JSON.stringify(task) });
    return task;
  }

  return {
    endpoint: gateway.endpoint,
    used,
    refused,
    deploy(stack, { bytes, sha256 }) {
      deployed = stack;
      lambda.deploy(
        stack.functions.map(({ env, role, ...one }) => ({
          ...one,
          env: { ...env, ...machine(role) },
          code: { sha256, zip: bytes },
        })),
      );
    },
    start(name, input = {}) {
      if (deployed === undefined) throw new Error("nothing is deployed");
      const { machine: own, definitions } = deployed;
      const call: Call = (parameters, _, attempt) => {
        const { FunctionName, Payload, TaskDefinition: family, Overrides } = parameters as unknown as StateParameters;
        if (FunctionName !== undefined)
          return callFunction(own.role, FunctionName, "attempt" in Payload ? { ...Payload, attempt } : Payload);
        const definition = definitions.find((one) => one.family === family);
        if (definition === undefined) throw new Error(`there is no task definition ${family}`);
        const [container] = Overrides.ContainerOverrides;
        const env = Object.fromEntries(container.Environment.map(({ Name, Value }) => [Name, Value]));
        return runContainer(own.role, definition, { ...env, GLACIER_ATTEMPT: String(attempt) });
      };
      return execute(own.definition, name, input, call);
    },
    async stop() {
      gateway.stop();
      await Promise.all([lambda.stop(), moto.stop()]);
    },
  };
}

/** What Terraform asks of Step Functions and moto has no answer to. */
const notInMoto: Readonly<Record<string, object>> = {
  "AWSStepFunctions.ValidateStateMachineDefinition": { result: "OK", diagnostics: [], truncated: false },
  "AWSStepFunctions.ListStateMachineVersions": { stateMachineVersions: [] },
};
const jsonHeaders = { "content-type": "application/x-amz-json-1.0" };

interface StateParameters {
  readonly FunctionName?: string;
  readonly Payload: object;
  readonly TaskDefinition?: string;
  readonly Overrides: {
    readonly ContainerOverrides: readonly [{ readonly Environment: readonly { Name: string; Value: string }[] }];
  };
}
