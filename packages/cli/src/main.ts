#!/usr/bin/env node
import module from "node:module";
import { commandHelp, generalHelp } from "./command/help.ts";
import { isCommand } from "./command/spec.ts";

// Only what help needs is imported above: it answers almost as fast as Node starts.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const [command = "", ...args] = process.argv.slice(2);

if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`glacier needs Node 22.18 or newer; this is ${process.versions.node}\n`);
  process.exitCode = 3;
} else if (isCommand(command) && wantsHelp(args)) {
  process.stdout.write(commandHelp(command));
} else if (["", "help", "--help", "-h"].includes(command)) {
  const [topic = ""] = args;
  process.stdout.write(isCommand(topic) ? commandHelp(topic) : generalHelp(await version()));
  process.exitCode = command === "" ? 2 : 0;
} else if (command === "--version" || command === "-V") {
  process.stdout.write(`${await version()}\n`);
} else {
  // Compiled code (also the user's, with its types stripped) is kept between runs.
  module.enableCompileCache?.();
  const { runCommand } = await import("./command/run-command.ts");
  // Not awaited: should a module of the user's never finish loading, the process ends, and runCommand's guard says so.
  void runCommand(command, args);
}

function wantsHelp(options: readonly string[]): boolean {
  const end = options.indexOf("--");
  return (end === -1 ? options : options.slice(0, end)).some((option) => option === "--help" || option === "-h");
}

async function version(): Promise<string> {
  const { readFileSync } = await import("node:fs");
  return JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;
}
