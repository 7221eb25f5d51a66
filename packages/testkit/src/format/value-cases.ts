import type { CodecContext, ValueFormat } from "@glacier/core";
import fc from "fast-check";
import { expect } from "vitest";
import type { Cases } from "../suite.ts";
import { anyJson } from "./arbitraries.ts";
import { inTime } from "./damage.ts";
import { type Codec, dataset, sourceOf, valueCodec } from "./io.ts";
import {
  abortedReading,
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
export function valueCases(options: Omit<ValueFormatOptions, "skip" | "timeout">): Cases<ValueFormatCase> {
  const { cutOff = "fails", value: contents = anyJson, providers = [], equals } = options;
  const context: CodecContext = { dataset };
  const codecOf = (format: ValueFormat): Codec => valueCodec(format, context);
  const subject = (): Subject => {
    const format = options.create();
    return { format, codec: codecOf(format), contents, providers, equals };
  };
  return {
    "gives back what was written, however it is cut": async () => {
      const { codec } = subject();
      await fc.assert(
        fc.asyncProperty(
          contents,
          fc.array(fc.nat({ max: 500 }), { maxLength: 20 }),
          fc.boolean(),
          async (value, cuts, ranges) => {
            same(options, await codec.decode(sourceOf(await codec.encode(value), cuts, ranges)), value);
          },
        ),
        inTime,
      );
    },
    "writes the same bytes each time": async () => {
      const [one, other] = [subject().codec, subject().codec];
      for (const value of samples(contents, 50)) expect(await other.encode(value)).toEqual(await one.encode(value));
    },
    "a registry builds it again": () => registryBuildsIt(subject(), codecOf),
    "a file that is cut off is found out": () =>
      cutOffFiles(subject(), (outcome, written) => {
        if ("error" in outcome || cutOff === "anything") return;
        expect(cutOff, "it gives a value").toBe("whole");
        same(options, outcome.content, written);
      }),
    "damaged files give no error but the format's own": () => damagedFiles(subject()),
    "no error tells what the data is": () => {
      const isText = samples(contents, 20).every((value) => typeof value === "string");
      const text = `${payload} `.repeat(5);
      return silentErrors(subject(), isText ? text : { text, nested: [payload] });
    },
    "what can't be written is refused": async () => {
      await refused(subject().codec.encode(() => payload));
    },
    "errors of the source pass as they are": () => sourceErrors(subject()),
    "an aborted signal ends reading": () => abortedReading(subject()),
  };
}
