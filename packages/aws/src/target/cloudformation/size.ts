import { GlacierError } from "@glacier/core";
import { type Limit, limits } from "../limits.ts";

/** A template as it is written. */
export interface Template {
  readonly text: string;
  /** How many it has. */
  readonly resources: number;
}

/** The error of a template that CloudFormation doesn't take, since it is too large. What else it limits (parameters, outputs), ours have a handful of. */
export function checkTemplate({ text, resources }: Template): GlacierError | undefined {
  const { templateResources, templateBytes } = limits;
  if (resources > templateResources.max)
    return tooLarge(`has more resources than the ${templateResources.max} that a stack takes`, templateResources);
  const bytes = Buffer.byteLength(text);
  if (bytes <= templateBytes.max) return undefined;
  return tooLarge(`is ${bytes} bytes, and CloudFormation takes ${templateBytes.max}`, templateBytes);
}

function tooLarge(what: string, { page }: Limit): GlacierError {
  return new GlacierError("UNSUPPORTED", {
    message: `the form "cloudformation" can't be deployed: its template ${what} (${page})`,
    hint: 'Nothing needs to be done for the form "terraform", which has no such limit. For CloudFormation, split the pipeline in two.',
  });
}
