import type { Artifacts, Json } from "@glacier/core";
import { codeFiles } from "../code-files.ts";
import type { Model } from "../model.ts";
import type { Transform } from "../options.ts";
import { parameterLists } from "../parameters.ts";
import { type Printers, pretty, printAll } from "../print.ts";
import type { ParameterName } from "../text.ts";
import { printCluster, printFunction, printRepository, printTaskDefinition } from "./compute.ts";
import { printAlarm, printAlert, printQueue, printSchedule, printStateMachine, printTopic } from "./engine.ts";
import { printRole } from "./role.ts";
import { printBucket, printLogGroup } from "./storage.ts";
import { reference, variableNames } from "./value.ts";

/** A model as Terraform's JSON: a root module, with the code that it uploads beside it. */
export function toTerraform(model: Model, transform: Transform | undefined): Artifacts {
  const byType: Record<string, Record<string, Json>> = {};
  for (const { type, id, properties } of printAll("terraform", printers, model, transform)) {
    byType[type] ??= {};
    byType[type][id] = properties;
  }
  const main = {
    provider: { aws: { region: model.region } },
    data: { aws_caller_identity: { current: {} } },
    locals: { account: reference("data.aws_caller_identity.current.account_id"), tags: model.tags },
    resource: byType,
  };
  return {
    "main.tf.json": pretty(main),
    "outputs.tf.json": pretty({ output: outputsOf(model) }),
    "variables.tf.json": pretty(variablesOf(model)),
    "versions.tf.json": pretty({
      terraform: {
        required_version: ">= 1.5",
        // Those before it don't know the functions' runtime.
        required_providers: { aws: { source: "hashicorp/aws", version: ">= 5.80, < 7.0" } },
      },
    }),
    ...codeFiles(model, model.code.zip.path),
  };
}

const printers: Printers = {
  bucket: printBucket,
  logGroup: printLogGroup,
  role: printRole,
  function: printFunction,
  repository: printRepository,
  cluster: printCluster,
  taskDefinition: printTaskDefinition,
  stateMachine: printStateMachine,
  queue: printQueue,
  schedule: printSchedule,
  topic: printTopic,
  alert: printAlert,
  alarm: printAlarm,
};

function outputsOf({ resources }: Model): Record<string, Json> {
  const output = (description: string, value: string): Json => ({ description, value });
  return {
    bucket: output(
      "Where datasets without storage of their own, manifests and run journals are.",
      reference("aws_s3_bucket.data.bucket"),
    ),
    state_machine: output("ARN of what runs the pipeline.", reference("aws_sfn_state_machine.pipeline.arn")),
    ...(resources.some(({ kind }) => kind === "repository") && {
      repository: output(
        "Where the images of container tasks go.",
        reference("aws_ecr_repository.containers.repository_url"),
      ),
    }),
  };
}

const descriptions: Readonly<Record<ParameterName, string>> = {
  subnets: "Ids of the subnets that container tasks run in.",
  securityGroups: "Ids of the security groups of container tasks.",
};

/** No key at all where there is none: Terraform refuses an empty one. */
function variablesOf(model: Model): { variable?: Record<string, Json> } {
  const variables = parameterLists(model).map((name): [string, Json] => [
    variableNames[name],
    { description: descriptions[name], type: "list(string)", nullable: false },
  ]);
  return variables.length === 0 ? {} : { variable: Object.fromEntries(variables) };
}
