import type { CodecContext, ValueFormat } from "@glacier/core";
import fc from "fast-check";
import { expect } from "vitest";
import { holds } from "../property.ts";
import type { Cases } from "../suite.ts";
import { anyJson } from "./arbitraries.ts";
import { type Codec, dataset, sourceOf, valueCodec } from "./io.ts";
import {
  abortedReading,
  checkShape,
  cutOffFiles,
  damagedFiles,
  payload,
  refused,
  registryBuildsIt,
  type Subject,
  same,
  samples,
  silentErrors,
  sourceErrors,
} from "./shared-cases.ts";
import type { ValueFormatOptions } from "./test-format.ts";

/** Name of a case for a format of one value. */
export type ValueFormatCase =
  | "gives back what was written, however it is cut"
  | "writes the same bytes each time"
  | "a registry builds it again"
  | "a file that is cut off is found out"
  | "damaged files give no error but the format's own"
  | "no error tells what the data is"
  | "what can't be written is refused"
  | "errors of the source pass as they are"
  | "an aborted signal ends reading";

/** The cases, for whoever runs them without registering. */
export function valueCases(options: Omit<ValueFormatOptions, "skip" | "shape">): Cases<ValueFormatCase> {
  const { cutOff = "fails", value: contents = anyJson, providers = [], equals, timeout } = options;
  const context: CodecContext = { dataset };
  const codecOf = (format: ValueFormat): Codec => valueCodec(format, context);
  const subject = async (): Promise<Subject> => {
    const format = await options.create();
    checkShape(format, "value");
    return { format, codec: codecOf(format), contents, providers, equals, timeout };
  };
  return {
    "gives back what was written, however it is cut": async () => {
      const { codec } = await subject();
      await holds(
        fc.asyncProperty(
          contents,
          fc.array(fc.nat({ max: 500 }), { maxLength: 20 }),
          fc.boolean(),
          async (value, cuts, ranges) => {
            same(options, await codec.decode(sourceOf(await codec.encode(value), cuts, ranges)), value);
          },
        ),
        { timeout },
      );
    },
    "writes the same bytes each time": async () => {
      const [one, other] = [(await subject()).codec, (await subject()).codec];
      for (const value of samples(contents, 50)) expect(await other.encode(value)).toEqual(await one.encode(value));
    },
    "a registry builds it again": async () => registryBuildsIt(await subject(), codecOf),
    "a file that is cut off is found out": async () =>
      cutOffFiles(await subject(), (outcome, written) => {
        if ("error" in outcome || cutOff === "anything") return;
        expect(cutOff, "it gives a value").toBe("whole");
        same(options, outcome.content, written);
      }),
    "damaged files give no error but the format's own": async () => damagedFiles(await subject()),
    "no error tells what the data is": async () => {
      const isText = samples(contents, 20).every((value) => typeof value === "string");
      const text = `${payload} `.repeat(5);
      return silentErrors(await subject(), isText ? text : { text, nested: [payload] });
    },
    "what can't be written is refused": async () => {
      await refused((await subject()).codec.encode(() => payload));
    },
    "errors of the source pass as they are": async () => sourceErrors(await subject()),
    "an aborted signal ends reading": async () => abortedReading(await subject()),
  };
}
