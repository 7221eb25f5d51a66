/**
 * The Standard Schema interface (https://standardschema.dev), version 1, and its JSON Schema companion.
 * zod, valibot, arktype and others implement it, so Glacier depends on none of them.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": StandardProps<Input, Output>;
}

/** A schema of any input and output. */
// biome-ignore lint/suspicious/noExplicitAny: Input stands in two positions, so nothing narrower takes every schema
export type AnySchema = StandardSchema<any, any>;

/** What a {@link StandardSchema} carries. */
export interface StandardProps<Input = unknown, Output = Input> {
  readonly version: 1;
  readonly vendor: string;
  readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
  readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  /** Standard JSON Schema: how a schema says what its columns are. */
  readonly jsonSchema?: StandardJsonSchema | undefined;
}

/** Converters to JSON Schema, as the Standard JSON Schema interface defines them. */
export interface StandardJsonSchema {
  readonly input: (options: JsonSchemaOptions) => Record<string, unknown>;
  readonly output: (options: JsonSchemaOptions) => Record<string, unknown>;
}

/** Options of a {@link StandardJsonSchema} converter. */
export interface JsonSchemaOptions {
  readonly target: "draft-2020-12" | "draft-07";
  readonly libraryOptions?: Record<string, unknown> | undefined;
}

/** What `validate` answers: a value, or issues. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** One thing that is wrong with a value, and the path to it. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}
