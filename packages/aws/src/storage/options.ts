import type { S3Resource, StorageResource } from "@glacier/core";

/** What an option's value must be. */
interface Check {
  accepts(value: unknown): boolean;
  readonly hint: string;
}

const text: Check = { accepts: (value) => typeof value === "string", hint: "Give a string." };

/** A server to ask: storage's, or an executor's. */
export const endpointCheck: Check = {
  accepts: (value) => {
    if (typeof value !== "string" || !/^https?:\/\//.test(value) || !URL.canParse(value)) return false;
    const { username, password } = new URL(value);
    return username === "" && password === "";
  },
  hint: "Give a URL with http:// or https://, without a user or password: credentials come from the environment, a profile or a role.",
};

/** Those that can be read at once. */
const classes: readonly Required<S3Resource>["storageClass"][] = [
  "STANDARD",
  "STANDARD_IA",
  "ONEZONE_IA",
  "INTELLIGENT_TIERING",
  "GLACIER_IR",
];

const checks: { readonly [K in keyof Required<S3Resource> as string extends K ? never : K]: Check } = {
  kind: text,
  key: text,
  bucket: text,
  prefix: text,
  region: text,
  endpoint: endpointCheck,
  forcePathStyle: { accepts: (value) => typeof value === "boolean", hint: "Give true or false." },
  encryption: {
    accepts: (value) =>
      value === "AES256" ||
      (typeof value === "object" && value !== null && "kms" in value && typeof value.kms === "string"),
    hint: 'Give "AES256", or { kms } with the id of a key, its ARN, or an alias ("alias/…", or the ARN of one).',
  },
  storageClass: {
    accepts: (value) => classes.includes(value as (typeof classes)[number]),
    hint: `Give one of ${classes.join(", ")}: others must be restored before they are read.`,
  },
};

/** Why S3 can't take a storage as it is, and what to do. */
export interface WrongOption {
  readonly why: string;
  readonly hint: string;
}

/**
 * The first option of a storage that S3 can't take: a config file may have it, so types are no promise. By its name only,
 * since a value may be a secret in the wrong place.
 */
export function wrongOption(storage: StorageResource): WrongOption | undefined {
  for (const [option, value] of Object.entries(storage)) {
    const check = Object.hasOwn(checks, option) ? checks[option as keyof typeof checks] : undefined;
    if (check === undefined) {
      return { why: `there is no option "${option}"`, hint: `S3 storage has ${Object.keys(checks).join(", ")}.` };
    }
    if (value !== undefined && !check.accepts(value)) return { why: `its ${option} is not legal`, hint: check.hint };
  }
  return undefined;
}
