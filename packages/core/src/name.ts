import { GlacierError } from "./errors/index.ts";

const legal = /^[a-z][a-z0-9_-]{0,62}$/;

/** Checks a name that becomes a cloud resource, an object key and a lineage id. Errors: `NAME_INVALID`. */
export function checkName(what: "dataset" | "task" | "pipeline" | "tenant", name: string): void {
  if (typeof name === "string" && legal.test(name)) return;
  throw new GlacierError("NAME_INVALID", {
    message: `${what} name ${JSON.stringify(name)} is not legal`,
    hint: `Use 1 to 63 of a-z, 0-9, "_" and "-", with a letter first${suggestion(name)}.`,
  });
}

function suggestion(name: unknown): string {
  if (typeof name !== "string") return "";
  const better = name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, "_")
    .replace(/^[^a-z]+/, "")
    .slice(0, 63);
  return legal.test(better) ? `: "${better}", for example` : "";
}
