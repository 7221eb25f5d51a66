import { variables } from "../deployment.ts";
import type { Say } from "./compute.ts";
import { limits, reservedContainerVariables, reservedVariables } from "./limits.ts";

type Env = Readonly<Record<string, string>>;

/** A function's variables. https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
export function functionEnv(env: Env = {}, refuse: Say): Env {
  const sorted = freeOf(reservedVariables, env, refuse);
  const illegal = Object.keys(env).filter((name) => !/^[A-Za-z][A-Za-z0-9_]+$/.test(name));
  if (illegal.length > 0) {
    refuse(
      `sets variables whose names Lambda doesn't take: ${quoted(illegal)}`,
      'Use two or more letters, digits and "_", with a letter first.',
    );
  }
  const bytes = Object.entries(sorted).reduce((sum, pair) => sum + Buffer.byteLength(pair.join("")), 0);
  if (bytes > limits.environment.max - ownVariables) {
    refuse(
      `has ${bytes} bytes of environment, and Lambda takes ${limits.environment.max} with Glacier's own (${limits.environment.page})`,
      "Read what is large from a dataset or a file of the bundle.",
    );
  }
  return sorted;
}

/** Bytes kept free for the variables that every function gets. */
const ownVariables = 512;

/** A container's variables, of any name that a process can have. */
export function containerEnv(env: Env = {}, refuse: Say): Env {
  const sorted = freeOf(reservedContainerVariables, env, refuse);
  const illegal = Object.keys(env).filter((name) => !/^[^=\0]+$/.test(name));
  if (illegal.length > 0)
    refuse(
      `sets variables that no process can have: ${quoted(illegal)}`,
      'Use names without "=", of one character or more.',
    );
  const bytes = Buffer.byteLength(JSON.stringify(Object.entries(sorted).map(([name, value]) => ({ name, value }))));
  if (bytes > limits.taskDefinition.max - restOfDefinition) {
    refuse(
      `has ${bytes} bytes of environment, and a task definition has ${limits.taskDefinition.max} for it and all else (${limits.taskDefinition.page})`,
      "Read what is large from a dataset or a file of the image.",
    );
  }
  return sorted;
}

/** Bytes kept free for the rest of a task definition: names, roles, the image, logs, Glacier's own variables. */
const restOfDefinition = 8192;

/** Sorted, without what is somebody else's to set. */
function freeOf(reserved: ReadonlySet<string>, env: Env, refuse: Say): Env {
  const names = Object.keys(env).sort();
  const own = new Set<string>(Object.values(variables));
  const taken = names.filter((name) => reserved.has(name) || own.has(name));
  if (taken.length > 0)
    refuse(`sets ${taken.join(", ")}, which AWS or Glacier set themselves`, "Leave them out of compute.env.");
  return Object.fromEntries(names.map((name) => [name, env[name] as string]));
}

function quoted(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(", ");
}
