import { GlacierError } from "../errors/index.ts";

/** Names a secret; its value is looked up where the task runs, and never leaves there. */
export interface SecretReference {
  readonly secret: string;
}

/**
 * A reference to a secret: the environment variable of that name in capitals locally (`api-key` → `API_KEY`),
 * the cloud's secret store there. Errors: `NAME_INVALID`; at run time `SECRET_MISSING`.
 */
export function secret(name: string): SecretReference {
  if (!isSecretName(name)) {
    throw new GlacierError("NAME_INVALID", {
      message: "a secret's name is not legal",
      hint: 'Use up to 127 letters, digits, "_" and "-", with a letter first. Pass the name of the secret, not its value.',
    });
  }
  return { secret: name };
}

/** Whether a value is what {@link secret} makes: in JavaScript, types are no promise. */
export function isSecretReference(value: unknown): value is SecretReference {
  return typeof value === "object" && value !== null && "secret" in value && isSecretName(value.secret);
}

function isSecretName(name: unknown): boolean {
  return typeof name === "string" && /^[A-Za-z][A-Za-z0-9_-]{0,126}$/.test(name);
}

/** The environment variable that holds a secret: `api-key` → `API_KEY`. */
export function secretVariable(name: string): string {
  return name.replace(/-/g, "_").toUpperCase();
}
