import type { Json } from "@glacier/core";
import { containerName } from "../../overrides.ts";
import { cpuOf, lambdaRuntime } from "../engines.ts";
import { imageRules } from "../image-rules.ts";
import { type Cluster, find, type LambdaFunction, type Model, type Repository, type TaskDefinition } from "../model.ts";
import type { Printed } from "../print.ts";
import type { Text } from "../text.ts";
import { policiesOf } from "./role.ts";
import { codeId } from "./storage.ts";
import { tags } from "./tags.ts";
import { jsonTemplate, reference, template } from "./value.ts";

export function printFunction(fn: LambdaFunction, printed: Printed, model: Model): void {
  const role = find(model.resources, "role", fn.role);
  printed.add("aws_lambda_function", fn.id, {
    function_name: fn.name,
    role: reference(`aws_iam_role.${fn.role}.arn`),
    handler: fn.handler,
    runtime: lambdaRuntime,
    architectures: [fn.architecture],
    memory_size: fn.memory,
    timeout: fn.timeout,
    s3_bucket: reference(`aws_s3_object.${codeId}.bucket`),
    s3_key: reference(`aws_s3_object.${codeId}.key`),
    source_code_hash: Buffer.from(model.code.zip.sha256, "hex").toString("base64"),
    environment: { variables: environment(fn.env) },
    tags,
    depends_on: [`aws_cloudwatch_log_group.${fn.logGroup}`, ...policiesOf(role)],
  });
}

export function printRepository({ id, name }: Repository, printed: Printed): void {
  printed.add("aws_ecr_repository", id, {
    name,
    image_tag_mutability: "IMMUTABLE",
    force_delete: false,
    image_scanning_configuration: { scan_on_push: true },
    tags,
  });
  printed.add("aws_ecr_lifecycle_policy", id, {
    repository: reference(`aws_ecr_repository.${id}.name`),
    policy: JSON.stringify(imageRules),
  });
}

export function printCluster({ id, name }: Cluster, printed: Printed): void {
  printed.add("aws_ecs_cluster", id, { name, tags });
}

export function printTaskDefinition(definition: TaskDefinition, printed: Printed, { region, resources }: Model): void {
  const { id, family, image, architecture, cpu, memory, env, taskRole, executionRole, logGroup } = definition;
  printed.add("aws_ecs_task_definition", id, {
    family,
    cpu: String(cpu),
    memory: String(memory),
    network_mode: "awsvpc",
    requires_compatibilities: ["FARGATE"],
    runtime_platform: { cpu_architecture: cpuOf(architecture), operating_system_family: "LINUX" },
    task_role_arn: reference(`aws_iam_role.${taskRole}.arn`),
    execution_role_arn: reference(`aws_iam_role.${executionRole}.arn`),
    container_definitions: jsonTemplate([
      {
        name: containerName,
        image,
        essential: true,
        environment: Object.entries(env).map(([name, value]) => ({ name, value })),
        logConfiguration: {
          logDriver: "awslogs",
          options: {
            "awslogs-group": find(resources, "logGroup", logGroup).name,
            "awslogs-region": region,
            "awslogs-stream-prefix": containerName,
          },
        },
      },
    ]),
    tags,
    // Runs that go on start containers by the family, which must have a definition all the while.
    lifecycle: { create_before_destroy: true },
  });
}

function environment(env: Readonly<Record<string, Text>>): Record<string, Json> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, template(value)]));
}
