import type { Artifacts, Json } from "@glacier/core";
import { codeFiles } from "../code-files.ts";
import type { Model } from "../model.ts";
import type { Transform } from "../options.ts";
import { parameterLists } from "../parameters.ts";
import type { Printers } from "../print.ts";
import { Printed, pretty } from "../print.ts";
import { printCluster, printFunction, printRepository, printTaskDefinition } from "./compute.ts";
import { printAlert, printSchedule, printStateMachine, printTopic } from "./engine.ts";
import { printRole } from "./role.ts";
import { printBucket, printLogGroup } from "./storage.ts";
import { logicalId, parameterNames } from "./value.ts";

/** A model as a CloudFormation template, with the code that goes to a bucket beside it. */
export function toCloudFormation(model: Model, transform: Transform | undefined): Artifacts {
  const printed = new Printed("cloudformation", transform);
  printed.addAll(model, printers);
  const resources = printed.all.map(({ type, id, properties }) => {
    const { DeletionPolicy, UpdateReplacePolicy, DependsOn, ...own } = properties;
    const attributes = { DeletionPolicy, UpdateReplacePolicy, DependsOn };
    return [id, { Type: type, ...JSON.parse(JSON.stringify(attributes)), Properties: own }];
  });
  const template = {
    AWSTemplateFormatVersion: "2010-09-09",
    Description: `Glacier pipeline ${model.pipeline}`,
    Parameters: parametersOf(model),
    Resources: Object.fromEntries(resources),
    Outputs: outputsOf(model),
  };
  return { "template.json": pretty(template), ...codeFiles(model, codeKey(model)) };
}

/** How many resources a model's template has: some of the model's are printed as several. */
export function templateResources({ resources }: Model): number {
  return resources.reduce((sum, resource) => {
    const { kind } = resource;
    const more = kind === "topic" ? 1 + resource.emails.length : kind === "role" ? resource.managed.length : 0;
    return sum + 1 + (kind === "bucket" ? 1 : more);
  }, 0);
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
  schedule: printSchedule,
  topic: printTopic,
  alert: printAlert,
};

function parametersOf(model: Model): Record<string, Json> {
  const types = { subnets: "AWS::EC2::Subnet::Id", securityGroups: "AWS::EC2::SecurityGroup::Id" };
  return {
    CodeBucket: { Type: "String", Description: `The bucket, in this region, that ${model.code.zip.path} was put in.` },
    CodeKey: { Type: "String", Description: "The key that it has there.", Default: codeKey(model) },
    ...Object.fromEntries(
      parameterLists(model).map((name) => [
        parameterNames[name],
        { Type: `List<${types[name]}>`, Description: "Of container tasks." },
      ]),
    ),
  };
}

/** Another name for other code: CloudFormation looks at names only to find what has changed. */
function codeKey({ code: { zip } }: Model): string {
  return zip.path.replace(/\.zip$/, `-${zip.sha256.slice(0, 16)}.zip`);
}

function outputsOf({ resources }: Model): Record<string, Json> {
  const output = (Description: string, Value: Json): Json => ({ Description, Value });
  return {
    Bucket: output("Where datasets without storage of their own, manifests and run journals are.", {
      Ref: logicalId("data", "Bucket"),
    }),
    StateMachine: output("ARN of what runs the pipeline.", { Ref: logicalId("pipeline", "StateMachine") }),
    ...(resources.some(({ kind }) => kind === "repository") && {
      Repository: output("Where the images of container tasks go.", {
        "Fn::GetAtt": [logicalId("containers", "Repository"), "RepositoryUri"],
      }),
    }),
  };
}
