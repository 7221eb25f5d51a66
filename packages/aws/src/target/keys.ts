import type { PlanDataset } from "@glacier/core";
import type { Statement } from "./policy.ts";
import { inS3 } from "./reach.ts";
import type { Settings } from "./settings.ts";
import { account, text } from "./text.ts";

/** The deployment's own key, where it has one. */
export function keyOf({ kmsKey, region }: Settings): Statement {
  return {
    actions: ["kms:Decrypt", "kms:GenerateDataKey"],
    resources: kmsKey === undefined ? [] : [kmsKey],
    condition: byWayOfS3(region),
  };
}

/**
 * The keys that datasets' own storage names: by ARN, by id, or by alias, which policies know as a condition only. A key is
 * where its bucket is.
 */
export function keysOf(
  datasets: readonly PlanDataset[],
  actions: readonly string[],
  { partition, region }: Settings,
): Statement[] {
  const statements = datasets.filter(inS3).flatMap(({ storage }): [string, Statement][] => {
    const { encryption } = storage;
    if (typeof encryption !== "object" || encryption === null || !("kms" in encryption)) return [];
    const name = String(encryption["kms"]);
    const [, , , there = String(storage["region"] ?? region), owner = account] = name.startsWith("arn:")
      ? name.split(":")
      : [];
    const key = (id: string) => text`arn:${partition}:kms:${there}:${owner}:key/${id}`;
    const condition = byWayOfS3(there);
    const alias = /(?:^|:)(alias\/.+)$/.exec(name)?.[1];
    const statement: Statement =
      alias === undefined
        ? { actions, resources: [name.startsWith("arn:") ? name : key(name)], condition }
        : {
            actions,
            resources: [key("*")],
            condition: { ...condition, "ForAnyValue:StringEquals": { "kms:ResourceAliases": alias } },
          };
    return [[`${name} ${there}`, statement]];
  });
  return [...new Map(statements)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, statement]) => statement);
}

/**
 * Keys are used for objects only, which S3's own rights name; the pattern is for other partitions' domains. An encryption
 * context would say no more. https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
 */
function byWayOfS3(region: string): NonNullable<Statement["condition"]> {
  return { StringLike: { "kms:ViaService": `s3.${region}.*` } };
}
