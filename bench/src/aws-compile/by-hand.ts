import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Prints, hashes and writes the files of a folder into another; JSON is parsed first, as if it had been made. */
export function writeTo(from: string, folder: string): void {
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const content = readFileSync(path);
    const bytes = path.endsWith(".json")
      ? Buffer.from(`${JSON.stringify(JSON.parse(content.toString()), null, 2)}\n`)
      : content;
    createHash("sha256").update(bytes).digest("hex");
    const to = join(folder, path.slice(from.length));
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, bytes);
  }
}
