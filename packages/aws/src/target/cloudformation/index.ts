import type { Artifacts, Json } from "@glacier/core";
import { codeFiles } from "../code-files.ts";
import type { Model } from "../model.ts";
import type { Transform } from "../options.ts";
import { parameterLists } from "../parameters.ts";
import { type Printers, printAll } from "../print.ts";
import { checkCharacters } from "./characters.ts";
import { printCluster, printFunction, printRepository, printTaskDefinition } from "./compute.ts";
import { printAlarm, printAlert, printQueue, printSchedule, printStateMachine, printTopic } from "./engine.ts";
import { printRole } from "./role.ts";
import { checkTemplate, type Template } from "./size.ts";
import { printBucket, printLogGroup } from "./storage.ts";
import { logicalId, parameterNames } from "./value.ts";

/** A model as a CloudFormation template, with the code that goes to a bucket beside it. Errors: `UNSUPPORTED` where no stack can be so large, or name what this one does. */
export function toCloudFormation(model: Model, transform: Transform | undefined): Artifacts {
  const template = templateOf(model, transform);
  const refused = checkTemplate(template) ?? checkCharacters(model);
  if (refused !== undefined) throw refused;
  return { "template.json": template.text, ...codeFiles(model, codeKey(model)) };
}

/** A model's template, as text and as what it has. */
export function templateOf(model: Model, transform: Transform | undefined): Template {
  const resources = printAll("cloudformation", printers, model, transform).map(({ type, id, properties }) => {
    const { DeletionPolicy, UpdateReplacePolicy, DependsOn, ...own } = properties;
    return [id, { Type: type, DeletionPolicy, UpdateReplacePolicy, DependsOn, Properties: own }] as const;
  });
  const frame = {
    AWSTemplateFormatVersion: "2010-09-09",
    Description: `Glacier pipeline ${model.pipeline}`,
    Parameters: parametersOf(model),
    Outputs: outputsOf(model),
  };
  return { text: lines(frame, resources), resources: resources.length };
}

/** White space counts, and a line for each resource is enough for diffs. */
function lines(frame: Readonly<Record<string, Json>>, resources: readonly (readonly [string, unknown])[]): string {
  const entries = (all: readonly (readonly [string, unknown])[]) =>
    all.map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(",\n");
  return `{\n${entries(Object.entries(frame))},\n"Resources": {\n${entries(resources)}\n}\n}\n`;
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

function parametersOf(model: Model): Record<string, Json> {
  const types = { subnets: "AWS::EC2::Subnet::Id", securityGroups: "AWS::EC2::SecurityGroup::Id" };
  return {
    CodeBucket: { Type: "String", Description: `The bucket, in this region, that ${codeKey(model)} was put in.` },
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
