import { describe, expect, it } from "vitest";
import { z } from "zod";
import { columnsOf } from "./columns.ts";
import type { AnySchema } from "./standard.ts";

const only = (schema: z.ZodType) => {
  const [column] = columnsOf(z.object({ c: schema })) ?? [];
  return column && `${column.type}${column.nullable ? "?" : ""}${column.optional ? "+" : ""}`;
};

describe("columnsOf", () => {
  it.each<[z.ZodType, string]>([
    [z.string(), "string"],
    [z.iso.datetime(), "string"],
    [z.email(), "string"],
    [z.number(), "number"],
    [z.int(), "integer"],
    [z.bigint(), "bigint"],
    [z.boolean(), "boolean"],
    [z.date(), "date"],
    [z.enum(["a", "b"]), "string"],
    [z.literal(1), "number"],
    [z.union([z.literal("a"), z.null()]), "string?"],
    [z.string().nullable(), "string?"],
    [z.number().optional(), "number+"],
    [z.number().nullish(), "number?+"],
    [z.date().nullable(), "date?"],
    [z.number().default(1), "number+"],
    [z.object({ x: z.string() }), "json"],
    [z.array(z.number()), "json"],
    [z.union([z.string(), z.number()]), "unknown"],
    [z.unknown(), "unknown"],
    [z.string().transform(Number), "string"],
    [z.string().pipe(z.coerce.number()), "string"],
  ])("%#: %s", (schema, expected) => {
    expect(only(schema)).toBe(expected);
  });

  it("keeps the order, and follows references", () => {
    const Money = z.number().meta({ id: "Money" });
    const columns = columnsOf(z.object({ b: Money, a: Money, nested: z.object({ of: Money }) }));
    expect(columns?.map(({ name, type }) => [name, type])).toEqual([
      ["b", "number"],
      ["a", "number"],
      ["nested", "json"],
    ]);
  });

  it("knows nothing of what has no columns or doesn't tell", () => {
    expect(columnsOf(undefined)).toBeUndefined();
    expect(columnsOf(z.string())).toBeUndefined();
    const mute: AnySchema = { "~standard": { version: 1, vendor: "mute", validate: (value) => ({ value }) } };
    expect(columnsOf(mute)).toBeUndefined();
    const failing: AnySchema = {
      "~standard": {
        ...mute["~standard"],
        jsonSchema: {
          input: () => {
            throw new Error("can't");
          },
          output: () => ({}),
        },
      },
    };
    expect(columnsOf(failing)).toBeUndefined();
  });
});
