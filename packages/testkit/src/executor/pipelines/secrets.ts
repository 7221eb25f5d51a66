// biome-ignore-all lint/suspicious/noConsole: what handlers print is tested here
import { type AnyPipeline, Dataset, Pipeline, secret, task } from "@glacier/core";

const here = { module: import.meta.url };

/** Name of the secret that the executor's place holds, and of one that it doesn't. */
export const heldSecret = "kit-api-key";
export const absentSecret = "kit-absent-key";

/** The part of the secret's value that nothing else has: nobody may ever see it. */
export const secretCore = "k7Qz0vW3xT";
/** With what JSON, shells and regular expressions treat in their own way. */
export const secretValue: string = `${secretCore} "quoted" \\back $HOME .*ü`;

const key = secret(heldSecret);

export async function fingerprint(value: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(value));
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Proves that it has the secret without telling it. */
export const entrusted: AnyPipeline = new Pipeline(
  "kit_entrusted",
  [
    task("prove", { output: new Dataset<string>("proof"), secrets: { key } }, (_, { secrets }) =>
      fingerprint(secrets.key),
    ),
  ],
  here,
);

/** Lets the secret slip wherever it can. */
export const careless: AnyPipeline = new Pipeline(
  "kit_careless",
  [
    task("tells", { output: new Dataset<number>("told"), secrets: { key } }, (_, { log, secrets }): number => {
      log.info(`the key is ${secrets.key}`, { key: secrets.key, deep: [{ key: `<${secrets.key}>` }] });
      const cause = new Error(`deeper: ${secrets.key}`);
      throw Object.assign(new RangeError(`no good: ${secrets.key}`, { cause }), { request: { key: secrets.key } });
    }),
  ],
  here,
);

/** Prints, the secret too. */
export const printing: AnyPipeline = new Pipeline(
  "kit_printing",
  [
    task("prints", { output: new Dataset<number>("printed"), secrets: { key } }, (_, { secrets }) => {
      console.log("to stdout");
      console.error("to stderr");
      console.log(`the key is ${secrets.key}`);
      console.error(`the key is ${secrets.key}`);
      return 1;
    }),
  ],
  here,
);

export const unentrusted: AnyPipeline = new Pipeline(
  "kit_unentrusted",
  [
    task("lacks", { output: new Dataset<number>("lacking"), secrets: { key: secret(absentSecret) } }, (_, { log }) => {
      log.info("started");
      return 1;
    }),
  ],
  here,
);
