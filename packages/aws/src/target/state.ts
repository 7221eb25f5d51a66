import type { Value } from "./text.ts";

/** A state with its name. */
export type State = readonly [name: string, fields: { readonly [key: string]: Value }];

/**
 * How a branch ends. A Parallel state's result has the output of each branch, and may not be larger than any other's, also
 * where nobody takes it: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
 */
export const end: { readonly OutputPath: null; readonly End: true } = { OutputPath: null, End: true };
