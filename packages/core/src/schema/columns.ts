import type { AnySchema } from "./standard.ts";

/** A column as a dataset's schema describes it. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** Whether the row may hold `null` here. */
  readonly nullable: boolean;
  /** Whether the key may be missing from the row (`undefined`). */
  readonly optional: boolean;
}

/** What a column holds. `json` is anything nested; `unknown` is a column whose type the schema doesn't tell. */
export type ColumnType = "string" | "number" | "integer" | "bigint" | "boolean" | "date" | "json" | "unknown";

/**
 * The columns of a row schema, where the schema tells (Standard JSON Schema: zod ≥ 4.2, arktype, valibot with its
 * converter); else undefined. They describe what stands in storage: the schema's *input*.
 */
export function columnsOf(schema: AnySchema | undefined): Column[] | undefined {
  const root = schema === undefined ? undefined : jsonSchemaOf(schema);
  if (root === undefined) return undefined;
  const resolved = resolve(root, root);
  const properties = resolved["properties"];
  if (!isObject(properties)) return undefined;
  const required = new Set(Array.isArray(resolved["required"]) ? resolved["required"] : []);
  return Object.entries(properties).map(([name, property]) => {
    const { types, nullable } = typesOf(isObject(property) ? property : {}, root);
    return {
      name,
      type: types.size === 1 ? ([...types][0] as ColumnType) : "unknown",
      nullable,
      optional: !required.has(name),
    };
  });
}

/** The JSON Schema of what a schema reads, where its library gives one. */
export function jsonSchemaOf(schema: AnySchema): JsonSchema | undefined {
  const converter = schema["~standard"].jsonSchema;
  if (typeof converter?.input !== "function") return undefined;
  try {
    return converter.input({ target: "draft-2020-12", libraryOptions: libraryOptions[schema["~standard"].vendor] });
  } catch {
    return undefined;
  }
}

type JsonSchema = Record<string, unknown>;

/** Marks what JSON Schema has no word for. */
const typeMark = "x-glacier-type";

/** How each library is asked to mark dates and bigints instead of refusing them. */
const libraryOptions: Readonly<Record<string, Record<string, unknown>>> = {
  zod: {
    unrepresentable: "any",
    override({ zodSchema, jsonSchema }: { zodSchema: { _zod: { def: { type: string } } }; jsonSchema: JsonSchema }) {
      const { type } = zodSchema._zod.def;
      if (type === "date" || type === "bigint") jsonSchema[typeMark] = type;
    },
  },
};

function typesOf(property: JsonSchema, root: JsonSchema): { types: Set<ColumnType>; nullable: boolean } {
  const schema = resolve(property, root);
  const types = new Set<ColumnType>();
  let nullable = false;
  const variants = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(variants)) {
    for (const variant of variants) {
      const inner = typesOf(isObject(variant) ? variant : {}, root);
      for (const type of inner.types) types.add(type);
      nullable ||= inner.nullable;
    }
    return { types, nullable };
  }
  if (typeof schema[typeMark] === "string") return { types: new Set([schema[typeMark] as ColumnType]), nullable };
  const values = Array.isArray(schema["enum"]) ? schema["enum"] : "const" in schema ? [schema["const"]] : [];
  const named = schema["type"] ?? values.map((value: unknown) => (value === null ? "null" : typeof value));
  for (const name of Array.isArray(named) ? named : [named]) {
    if (name === "null") nullable = true;
    else if (name === "string" || name === "number" || name === "integer" || name === "boolean") types.add(name);
    else if (name === "object" || name === "array") types.add("json");
    else types.add("unknown");
  }
  if (types.size === 0 && !nullable) types.add("unknown");
  return { types, nullable };
}

/** Follows one local `$ref`. */
function resolve(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const reference = schema["$ref"];
  if (typeof reference !== "string" || !reference.startsWith("#/")) return schema;
  let target: unknown = root;
  for (const part of reference.slice(2).split("/")) target = isObject(target) ? target[part] : undefined;
  return isObject(target) ? target : schema;
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
