import type { S3Resource, StorageResource } from "@glacier/core";

/** An option of a storage that S3 can't take, by its name: a value may be a secret that was put in the wrong place. */
export interface WrongOption {
  readonly option: string;
  /** Whether there is an option of that name. */
  readonly known: boolean;
  readonly hint: string;
}

type Check = { accepts(value: unknown): boolean; readonly hint: string };

const text: Check = { accepts: (value) => typeof value === "string", hint: "Give a string." };

const checks: { readonly [K in keyof Required<S3Resource> as string extends K ? never : K]: Check } = {
  kind: text,
  key: text,
  bucket: text,
  prefix: text,
  region: text,
  endpoint: {
    accepts: (value) => {
      if (typeof value !== "string" || !/^https?:\/\//.test(value) || !URL.canParse(value)) return false;
      const { username, password } = new URL(value);
      return username === "" && password === "";
    },
    hint: "Give a URL with http:// or https://, without a user or password: credentials come from the environment, a profile or a role.",
  },
  forcePathStyle: { accepts: (value) => typeof value === "boolean", hint: "Give true or false." },
  encryption: {
    accepts: (value) =>
      value === "AES256" ||
      (typeof value === "object" && value !== null && "kms" in value && typeof value.kms === "string"),
    hint: 'Give "AES256", or { kms } with the id of a key, its ARN, or an alias ("alias/…", or the ARN of one).',
  },
  storageClass: {
    accepts: (value) => classes.includes(value as (typeof classes)[number]),
    hint: "Give STANDARD, STANDARD_IA, ONEZONE_IA, INTELLIGENT_TIERING or GLACIER_IR: others must be restored before they are read.",
  },
};

const classes: readonly Required<S3Resource>["storageClass"][] = [
  "STANDARD",
  "STANDARD_IA",
  "ONEZONE_IA",
  "INTELLIGENT_TIERING",
  "GLACIER_IR",
];

/** The first option of a storage that S3 can't take. Options may come from a config file, so types are no promise. */
export function wrongOption(storage: StorageResource): WrongOption | undefined {
  for (const [option, value] of Object.entries(storage)) {
    const check = Object.hasOwn(checks, option) ? checks[option as keyof typeof checks] : undefined;
    if (check === undefined) return { option, known: false, hint: `S3 storage has ${Object.keys(checks).join(", ")}.` };
    if (value !== undefined && !check.accepts(value)) return { option, known: true, hint: check.hint };
  }
  return undefined;
}
