import type { CodeArtifacts } from "../code/types.ts";
import type { Statement } from "./policy.ts";
import type { Text, Value } from "./text.ts";

/** Everything that a deployment consists of; both forms are printed from it. */
export interface Model {
  readonly region: string;
  readonly partition: string;
  readonly pipeline: string;
  /** On every resource that takes tags. */
  readonly tags: Readonly<Record<string, string>>;
  readonly code: CodeArtifacts;
  /** In an order in which each stands after those it refers to. */
  readonly resources: readonly Resource[];
}

/** One thing that is deployed. `id` is unique among all, and what references name. */
export type Resource =
  | Bucket
  | LogGroup
  | Role
  | LambdaFunction
  | Repository
  | Cluster
  | TaskDefinition
  | StateMachine
  | Queue
  | Schedule
  | Topic
  | Alert
  | Alarm;

/** The bucket of datasets without storage of their own, and of manifests, pins and journals. */
export interface Bucket {
  readonly kind: "bucket";
  readonly id: string;
  readonly name: Text;
  /** ARN; without it S3's own keys. */
  readonly kmsKey: string | undefined;
}

/** Where a function, the containers of a task, or the state machine logs. */
export interface LogGroup {
  readonly kind: "logGroup";
  readonly id: string;
  readonly name: string;
  /** Days. */
  readonly retention: number;
  /** ARN; without it CloudWatch's own keys. */
  readonly kmsKey: string | undefined;
}

/** What a service does in a deployment's name. */
export interface Role {
  readonly kind: "role";
  readonly id: string;
  readonly name: string;
  readonly service: "lambda" | "ecs-tasks" | "states" | "scheduler";
  /** ARN, or pattern, of what the service takes it on for; undefined where it tells its account only. */
  readonly source: Text | undefined;
  /** What is written into the role itself. */
  readonly inline: readonly Statement[];
  /** What has no room there, as managed policies of its own. */
  readonly managed: readonly (readonly Statement[])[];
  /** ARN. */
  readonly boundary: string | undefined;
}

/** A Lambda function; all have the same code. */
export interface LambdaFunction {
  readonly kind: "function";
  readonly id: string;
  readonly name: string;
  readonly handler: string;
  readonly architecture: "arm64" | "x86_64";
  /** MB. */
  readonly memory: number;
  /** Seconds. */
  readonly timeout: number;
  readonly env: Readonly<Record<string, Text>>;
  /** Ids. */
  readonly role: string;
  readonly logGroup: string;
}

/** Where the images of container tasks are. */
export interface Repository {
  readonly kind: "repository";
  readonly id: string;
  readonly name: string;
}

/** Where container tasks run. */
export interface Cluster {
  readonly kind: "cluster";
  readonly id: string;
  readonly name: string;
}

/** What ECS needs to run a container task on Fargate. */
export interface TaskDefinition {
  readonly kind: "taskDefinition";
  readonly id: string;
  readonly family: string;
  readonly image: Text;
  readonly architecture: "arm64" | "x86_64";
  /** CPU units, 1024 a vCPU. */
  readonly cpu: number;
  /** MiB. */
  readonly memory: number;
  readonly env: Readonly<Record<string, Text>>;
  /** Ids. */
  readonly taskRole: string;
  readonly executionRole: string;
  readonly logGroup: string;
}

/** What runs the tasks in their order. */
export interface StateMachine {
  readonly kind: "stateMachine";
  readonly id: string;
  readonly name: string;
  /** Amazon States Language. */
  readonly definition: Value;
  /** Ids. */
  readonly role: string;
  readonly logGroup: string;
}

/** Where messages go of what could not be done. */
export interface Queue {
  readonly kind: "queue";
  readonly id: string;
  readonly name: string;
  /** Seconds that a message stays. */
  readonly retention: number;
}

/** What starts the state machine by the clock. */
export interface Schedule {
  readonly kind: "schedule";
  readonly id: string;
  readonly name: string;
  /** EventBridge Scheduler's: `cron(0 3 * * ? *)`. */
  readonly expression: string;
  readonly timeZone: string;
  /** Seconds that a start which fails is tried for, and how often at most. */
  readonly retry: { readonly maxAge: number; readonly max: number };
  /** Ids. */
  readonly stateMachine: string;
  readonly role: string;
  /** The queue that is told of a start which failed for good. */
  readonly unstarted: string;
}

/** Where alerts go. */
export interface Topic {
  readonly kind: "topic";
  readonly id: string;
  readonly name: string;
  readonly emails: readonly string[];
  /** ARN; without it messages are not encrypted at rest. */
  readonly kmsKey: string | undefined;
  /** ARN of the alarm that may publish, where there is one. */
  readonly alarm: Text | undefined;
}

/** What tells a topic of every run that didn't succeed. */
export interface Alert {
  readonly kind: "alert";
  readonly id: string;
  readonly name: string;
  /** Id. */
  readonly stateMachine: string;
  readonly topic: Text;
}

/** What tells a topic that a queue has messages. */
export interface Alarm {
  readonly kind: "alarm";
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Id. */
  readonly queue: string;
  readonly topic: Text;
}

/** Resources by kind and id, of each list that was asked for one: lists are long, and don't change. */
const indexes = new WeakMap<readonly Resource[], ReadonlyMap<string, Resource>>();

/** The resource of a kind with an id; a model without it is a defect. */
export function find<K extends Resource["kind"]>(
  resources: readonly Resource[],
  kind: K,
  id: string,
): Extract<Resource, { kind: K }> {
  const index =
    indexes.get(resources) ?? new Map(resources.map((resource) => [`${resource.kind} ${resource.id}`, resource]));
  indexes.set(resources, index);
  const found = index.get(`${kind} ${id}`);
  if (found === undefined) throw new TypeError(`the model has no ${kind} "${id}"`);
  return found as Extract<Resource, { kind: K }>;
}
