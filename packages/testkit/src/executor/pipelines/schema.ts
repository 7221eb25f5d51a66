import type { StandardSchema } from "@glacier/core";

/** A schema from a function that throws what is wrong. */
export function schemaOf<In, Out>(parse: (value: unknown) => Out): StandardSchema<In, Out> {
  return {
    "~standard": {
      version: 1,
      vendor: "glacier-testkit",
      validate(value) {
        try {
          return { value: parse(value) };
        } catch (error) {
          return { issues: [{ message: (error as Error).message }] };
        }
      },
    },
  };
}
