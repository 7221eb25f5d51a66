#!/usr/bin/env node
// Runs one of the project's scripts on a machine that has only Node >= 18 and npm:
//   node scripts/bootstrap.mjs <script> [arguments]
// fetches pnpm (and Node 24 where this Node is too old) from npm into .tools/, installs, and runs it.
// Plain JavaScript without dependencies, since nothing is installed yet.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const windows = process.platform === "win32";
const minimumNode = [22, 18];
const fetchedNode = "24.21.0";

const [script, ...args] = process.argv.slice(2);
if (script === undefined) fail("usage: node scripts/bootstrap.mjs <script> [arguments]");

const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const tools = fetchTools({
  pnpm: packageManager.split("@")[1],
  ...(isOlder(process.versions.node, minimumNode) && { node: fetchedNode }),
});
const env = {
  ...process.env,
  PATH: [join(tools, "node_modules", ".bin"), process.env.PATH].join(delimiter),
  // npm's own settings reach pnpm through the environment when npm started this script.
  ...Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => /^npm_config_/i.test(name))
      .map((name) => [name, undefined]),
  ),
};
install();
run(["run", script, ...args]);

/** Installs these npm packages side by side into .tools/<hash>/, whole or not at all. */
function fetchTools(versions) {
  const id = createHash("sha256")
    .update(JSON.stringify([versions, process.platform, process.arch]))
    .digest("hex")
    .slice(0, 12);
  const folder = join(root, ".tools", id);
  if (existsSync(folder)) return folder;
  const names = Object.entries(versions).map(([name, version]) => `${name}@${version}`);
  say(`fetching ${names.join(" and ")} (once)`);
  const half = `${folder}.${process.pid}`;
  mkdirSync(half, { recursive: true });
  writeFileSync(join(half, "package.json"), '{ "private": true }\n');
  const flags = [
    "install",
    "--no-audit",
    "--no-fund",
    "--no-save",
    "--ignore-scripts=false",
    "--loglevel=error",
    ...names,
  ];
  const npm = spawnSync("npm", flags, { cwd: half, stdio: ["ignore", "inherit", "inherit"], shell: windows });
  if (npm.error?.code === "ENOENT") {
    rmSync(half, { recursive: true, force: true });
    fail("npm is not on the PATH: it comes with Node, from https://nodejs.org.");
  }
  if (npm.status !== 0) {
    rmSync(half, { recursive: true, force: true });
    fail(`npm could not install ${names.join(" and ")}: check the network and that npm works (npm --version).`);
  }
  try {
    renameSync(half, folder);
  } catch (error) {
    // Another start of this script was faster.
    rmSync(half, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/** `pnpm install`, unless nothing that it depends on has changed since the last one; one at a time. */
function install() {
  const stamp = join(root, "node_modules", ".glacier-install");
  const wanted = installHash();
  const isDone = () => existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
  if (isDone()) return;
  const unlock = lock(join(root, ".tools", "install.lock"));
  if (isDone()) return unlock();
  say("installing dependencies");
  // An install that is broken off must not look whole to the next start.
  rmSync(stamp, { force: true });
  const pnpm = spawnSync("pnpm", ["install", "--frozen-lockfile", "--reporter=append-only", "--loglevel=warn"], {
    cwd: root,
    env,
    stdio: ["ignore", "inherit", "inherit"],
    shell: windows,
  });
  if (pnpm.status !== 0)
    fail("pnpm install failed: see above. If you changed a package.json, run pnpm install to update the lockfile.");
  writeFileSync(stamp, wanted);
  unlock();
}

/** Waits until no other process holds this lock file, and takes it. A holder that died doesn't hold it. */
function lock(path) {
  const unlock = () => rmSync(path, { force: true });
  for (let waited = false; ; waited = true) {
    try {
      writeFileSync(path, String(process.pid), { flag: "wx" });
      process.on("exit", unlock);
      return () => {
        process.off("exit", unlock);
        unlock();
      };
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const holder = lockHolder(path);
    if (holder !== undefined && !isAlive(holder)) unlock();
    else if (!waited) say("another install is running: waiting for it (.tools/install.lock)");
    // No event can arrive in a synchronous script, so it sleeps.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100 + Math.random() * 200);
  }
}

/** The holder's process id; undefined when it has just let go, or has not written its id yet. */
function lockHolder(path) {
  try {
    return Number(readFileSync(path, "utf8")) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function installHash() {
  const hash = createHash("sha256").update(tools);
  const manifests = ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json"];
  for (const folder of ["packages", "examples"]) {
    for (const name of existsSync(join(root, folder)) ? readdirSync(join(root, folder)).sort() : [])
      manifests.push(join(folder, name, "package.json"));
  }
  for (const file of [...manifests, join("bench", "package.json"), join("test", "package.json")]) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(file).update(readFileSync(path));
  }
  return hash.digest("hex");
}

/** Runs pnpm; signals and the exit code pass through. */
function run(pnpmArgs) {
  let child;
  // The terminal sends Ctrl-C to the whole group: pnpm ends by itself, and this process waits for it. Listening starts
  // before pnpm does: a signal in between would end this process alone.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => signal !== "SIGINT" && child.kill(signal));
  child = spawn("pnpm", pnpmArgs, { cwd: root, env, stdio: "inherit", shell: windows });
  child.on("error", (error) => fail(`pnpm could not be started: ${error.message}`));
  child.on("close", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

function isOlder(version, [major, minor]) {
  const [ownMajor = 0, ownMinor = 0] = version.split(".").map(Number);
  return ownMajor < major || (ownMajor === major && ownMinor < minor);
}

function say(text) {
  process.stderr.write(`glacier: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}
