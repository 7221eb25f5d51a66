import { containerName } from "../../overrides.ts";
import { cpuOf, lambdaRuntime } from "../engines.ts";
import { imageRules } from "../image-rules.ts";
import { type Cluster, find, type LambdaFunction, type Model, type Repository, type TaskDefinition } from "../model.ts";
import type { Printed } from "../print.ts";
import { kept } from "./kept.ts";
import { policiesOf, roleArn } from "./role.ts";
import { tagList } from "./tags.ts";
import { logicalId, object, substituted } from "./value.ts";

export function printFunction(fn: LambdaFunction, printed: Printed, model: Model): void {
  printed.add("AWS::Lambda::Function", logicalId(fn.id, "Function"), {
    DependsOn: [logicalId(fn.logGroup, "LogGroup"), ...policiesOf(find(model.resources, "role", fn.role))],
    FunctionName: fn.name,
    Role: roleArn(fn.role),
    Handler: fn.handler,
    Runtime: lambdaRuntime,
    Architectures: [fn.architecture],
    MemorySize: fn.memory,
    Timeout: fn.timeout,
    Code: { S3Bucket: { Ref: "CodeBucket" }, S3Key: { Ref: "CodeKey" } },
    Environment: { Variables: object(fn.env) },
    Tags: tagList(model),
  });
}

export function printRepository({ id, name }: Repository, printed: Printed, model: Model): void {
  printed.add("AWS::ECR::Repository", logicalId(id, "Repository"), {
    ...kept,
    RepositoryName: name,
    ImageTagMutability: "IMMUTABLE",
    ImageScanningConfiguration: { ScanOnPush: true },
    LifecyclePolicy: { LifecyclePolicyText: JSON.stringify(imageRules) },
    Tags: tagList(model),
  });
}

export function printCluster({ id, name }: Cluster, printed: Printed, model: Model): void {
  printed.add("AWS::ECS::Cluster", logicalId(id, "Cluster"), { ClusterName: name, Tags: tagList(model) });
}

export function printTaskDefinition(definition: TaskDefinition, printed: Printed, model: Model): void {
  const { id, family, image, architecture, cpu, memory, env, taskRole, executionRole, logGroup } = definition;
  printed.add("AWS::ECS::TaskDefinition", logicalId(id, "TaskDefinition"), {
    Family: family,
    Cpu: String(cpu),
    Memory: String(memory),
    NetworkMode: "awsvpc",
    RequiresCompatibilities: ["FARGATE"],
    RuntimePlatform: { CpuArchitecture: cpuOf(architecture), OperatingSystemFamily: "LINUX" },
    TaskRoleArn: roleArn(taskRole),
    ExecutionRoleArn: roleArn(executionRole),
    ContainerDefinitions: [
      {
        Name: containerName,
        Image: substituted(image),
        Essential: true,
        Environment: Object.entries(env).map(([Name, value]) => ({ Name, Value: substituted(value) })),
        LogConfiguration: {
          LogDriver: "awslogs",
          Options: {
            "awslogs-group": { Ref: logicalId(logGroup, "LogGroup") },
            "awslogs-region": model.region,
            "awslogs-stream-prefix": containerName,
          },
        },
      },
    ],
    Tags: tagList(model),
  });
}
