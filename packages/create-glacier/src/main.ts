#!/usr/bin/env node
// `npm create glacier orders` is `glacier init orders`: starts the command that @glacier/cli brings.
import { readFileSync } from "node:fs";

const manifest = new URL(import.meta.resolve("@glacier/cli/package.json"));
const { bin }: { bin: { glacier: string } } = JSON.parse(readFileSync(manifest, "utf8"));
process.argv.splice(2, 0, "init");
await import(new URL(bin.glacier, manifest).href);
