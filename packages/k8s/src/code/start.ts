/**
 * What containers run: puts the code of all ConfigMaps together, unpacks it into `/tmp`, and starts it. Must load on any
 * Node, to say that it is too old.
 */
export const startScript = `// Runs what its argument names: task, attempt, begin, finish, driver.
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  const needed = "Glacier needs Node 22.18 or newer in the image; this is " + process.versions.node;
  console.error(needed);
  try {
    writeFileSync("/dev/termination-log", needed);
  } catch {}
  process.exit(2);
}
const here = import.meta.dirname;
const parts = readdirSync(here).filter((name) => name.startsWith("code.")).sort();
const files = JSON.parse(gunzipSync(Buffer.concat(parts.map((name) => readFileSync(join(here, name))))));
const folder = mkdtempSync(join(tmpdir(), "glacier-code-"));
for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
const { main } = await import(pathToFileURL(join(folder, "index.mjs")).href);
await main(process.argv[2]);
`;
