import { createHash } from "node:crypto";
import type { Artifacts } from "@glacier/core";
import type { CodeImage } from "./types.ts";

/** The image of container tasks on `base`: the same bundle as the functions', under the image's own Node. */
export function imageOf(base: string, code: Artifacts): CodeImage {
  const files: Artifacts = {
    ...code,
    "main.mjs": main,
    Dockerfile: dockerfile(base, [...Object.keys(code), "main.mjs"]),
  };
  const hash = createHash("sha256");
  for (const path of Object.keys(files).sort()) {
    const content = Buffer.from(files[path] as string);
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return { base, name: folderOf(base), tag: hash.digest("hex").slice(0, 32), files };
}

/** The image's own user, folder and environment stay as they are. `ENTRYPOINT` takes away its command, too. */
function dockerfile(base: string, files: readonly string[]): string {
  return [
    `FROM ${base}`,
    `COPY ${[...files].sort().join(" ")} /glacier/`,
    `ENTRYPOINT ["node", "--enable-source-maps", "/glacier/main.mjs"]`,
    "",
  ].join("\n");
}

/** Must run on any Node, to say that it is too old. */
const main = `// Runs the attempt that the environment names.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error("Glacier needs Node 22.18 or newer in the image; this is " + process.versions.node);
  process.exit(2);
}
import("./index.mjs").then(({ main }) => main());
`;

/** A legal path part, and a different one for each image. */
function folderOf(base: string): string {
  const hash = createHash("sha256").update(base).digest("hex").slice(0, 8);
  return `${base
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 40)}-${hash}`;
}
