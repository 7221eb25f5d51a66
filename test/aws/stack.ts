import type { AwsFile, Chain, IamStatement } from "../../packages/aws/test/aws-file.ts";
import { account } from "./permissions.ts";

/** What moto has, once Terraform or CloudFormation made it. */
export interface Stack {
  readonly functions: readonly StackFunction[];
  readonly definitions: readonly TaskDefinition[];
  readonly machine: { readonly name: string; readonly role: string; readonly definition: Chain };
  /** Statements by a role's name. */
  readonly roles: ReadonlyMap<string, readonly IamStatement[]>;
}

/** A function, as Lambda describes it. */
export interface StackFunction {
  readonly name: string;
  readonly handler: string;
  /** Seconds. */
  readonly timeout: number;
  readonly env: Readonly<Record<string, string>>;
  /** Name. */
  readonly role: string;
  /** Of its zip; base64. */
  readonly sha256: string;
}

/** What ECS runs. */
export interface TaskDefinition {
  readonly family: string;
  readonly image: string;
  readonly env: Readonly<Record<string, string>>;
  /** Name of the role that the task's code has. */
  readonly role: string;
}

/**
 * Reads everything that an execution needs from the services' own APIs. Where CloudFormation made it, moto has no policies as
 * IAM would, and no roles of task definitions: these are `file`'s.
 */
export async function readStack(endpoint: string, region: string, file?: AwsFile): Promise<Stack> {
  const ask = (service: string, init: RequestInit & { path?: string }) => call(endpoint, region, service, init);
  const json = async (service: string, target: string, body: object) =>
    JSON.parse(
      await ask(service, {
        method: "POST",
        headers: { "x-amz-target": target, "content-type": "application/x-amz-json-1.1" },
        body: JSON.stringify(body),
      }),
    );
  const { Functions } = JSON.parse(await ask("lambda", { path: "/2015-03-31/functions?MaxItems=10000" }));
  const { stateMachines } = await json("states", "AWSStepFunctions.ListStateMachines", {});
  const { stateMachineArn } = stateMachines[0];
  const machine = await json("states", "AWSStepFunctions.DescribeStateMachine", { stateMachineArn });
  const ecs = "AmazonEC2ContainerServiceV20141113";
  const { taskDefinitionArns } = await json("ecs", `${ecs}.ListTaskDefinitions`, {});
  const definitions = await Promise.all(
    taskDefinitionArns.map(async (taskDefinition: string) =>
      definitionOf((await json("ecs", `${ecs}.DescribeTaskDefinition`, { taskDefinition })).taskDefinition, file),
    ),
  );
  const stack = {
    functions: Functions.map(functionOf) as StackFunction[],
    definitions: definitions as TaskDefinition[],
    machine: { name: machine.name, role: nameIn(machine.roleArn), definition: JSON.parse(machine.definition) },
  };
  if (file !== undefined)
    return { ...stack, roles: new Map(file.roles.map(({ name, statements }) => [name, statements])) };
  const roles = new Map<string, IamStatement[]>();
  for (const { role } of [...stack.functions, ...stack.definitions, stack.machine]) {
    const query = { Action: "GetRolePolicy", Version: "2010-05-08", RoleName: role, PolicyName: "glacier" };
    const xml = await ask("iam", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(query).toString(),
    });
    roles.set(role, statementsIn(xml));
  }
  return { ...stack, roles };
}

/** A request of whoever may do all; answers the body. */
export async function call(
  endpoint: string,
  region: string,
  service: string,
  { path = "/", ...init }: RequestInit & { path?: string },
): Promise<string> {
  const authorization = `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`;
  const response = await fetch(`${endpoint}${path}`, { ...init, headers: { ...init.headers, authorization } });
  const body = await response.text();
  if (!response.ok) throw new Error(`${service} ${path} answered ${response.status}: ${body}`);
  return body;
}

/** ARN of a function. */
export function functionArn(name: string, region: string): string {
  return `arn:aws:lambda:${region}:${account}:function:${name}`;
}

// biome-ignore lint/suspicious/noExplicitAny: what the services answer
type Described = Record<string, any>;

function nameIn(arn: string): string {
  return arn.split("/").at(-1) ?? "";
}

function functionOf(described: Described): StackFunction {
  return {
    name: described["FunctionName"],
    handler: described["Handler"],
    timeout: described["Timeout"],
    env: described["Environment"].Variables,
    role: nameIn(described["Role"]),
    sha256: described["CodeSha256"],
  };
}

function definitionOf({ family, taskRoleArn, containerDefinitions }: Described, file?: AwsFile): TaskDefinition {
  const [{ image, environment }] = containerDefinitions;
  return {
    family,
    image,
    env: Object.fromEntries(environment.map(({ name, value }: Described) => [name, value])),
    role: file?.taskDefinitions.find(({ name }) => name === family)?.role ?? nameIn(taskRoleArn),
  };
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html: the document is URL-encoded. */
function statementsIn(xml: string): IamStatement[] {
  const document = /<PolicyDocument>([^<]+)</.exec(xml)?.[1] ?? "";
  return JSON.parse(decodeURIComponent(document)).Statement;
}
