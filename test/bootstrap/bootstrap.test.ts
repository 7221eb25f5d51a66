import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const script = new URL("../../scripts/bootstrap.mjs", import.meta.url).pathname;

// Stand-ins for what needs the network. npm "installs" a pnpm; both write each call to calls.log.
const npm = `#!/bin/sh
echo "npm $*" >> "$CALLS"
[ -z "$NPM_FAILS" ] || exit 1
sleep 0.2
mkdir -p node_modules/.bin
cp "$FAKE_PNPM" node_modules/.bin/pnpm
`;
const pnpm = `#!/bin/sh
echo "pnpm $*" >> "$CALLS"
case "$1" in
  install)
    [ -z "$PNPM_FAILS" ] || exit 1
    mkdir "$CALLS.installing" || { echo OVERLAP >> "$CALLS"; exit 1; }
    sleep 0.3
    rmdir "$CALLS.installing"
    mkdir -p node_modules ;;
  run)
    case "$2" in
      seven) exit 7 ;;
      wait) trap 'echo terminated >> "$CALLS"; exit 3' TERM; touch "$CALLS.waiting"; while [ -e "$CALLS" ]; do sleep 0.05; done ;;
    esac ;;
esac
`;

let root: string;
let bin: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "glacier-bootstrap-")));
  bin = join(root, "bin");
  for (const folder of ["bin", "scripts", join("packages", "core")]) mkdirSync(join(root, folder), { recursive: true });
  copyFileSync(script, join(root, "scripts", "bootstrap.mjs"));
  writeFileSync(join(root, "package.json"), '{ "packageManager": "pnpm@1.2.3" }');
  writeFileSync(join(root, "packages", "core", "package.json"), "{}");
  for (const [name, text] of [
    ["npm", npm],
    ["fake-pnpm", pnpm],
  ] as const) {
    writeFileSync(join(bin, name), text);
    chmodSync(join(bin, name), 0o755);
  }
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("the first start", () => {
  it("fetches the pinned pnpm, installs from the lockfile, runs the script with its arguments", async () => {
    expect(await bootstrap(["bench", "csv", "--json"]).code).toBe(0);
    expect(calls()).toEqual([
      expect.stringMatching(/^npm install .*pnpm@1\.2\.3$/),
      expect.stringMatching(/^pnpm install --frozen-lockfile/),
      "pnpm run bench csv --json",
    ]);
  });

  it("leaves nothing behind when npm fails, and the next one starts afresh", async () => {
    const broken = bootstrap(["test"], { NPM_FAILS: "1" });
    expect(await broken.code).toBe(1);
    expect(broken.output()).toContain("npm could not install pnpm@1.2.3");
    expect(readdirSync(join(root, ".tools"))).toEqual([]);
    expect(await bootstrap(["test"]).code).toBe(0);
  });

  it("says so when there is no npm", async () => {
    rmSync(join(bin, "npm"));
    const started = bootstrap(["test"], { PATH: bin });
    expect(await started.code).toBe(1);
    expect(started.output()).toContain("npm is not on the PATH");
  });

  it("does not take a failed install for a whole one", async () => {
    const broken = bootstrap(["test"], { PNPM_FAILS: "1" });
    expect(await broken.code).toBe(1);
    expect(broken.output()).toContain("pnpm install failed");
    expect(existsSync(join(root, ".tools", "install.lock"))).toBe(false);
    expect(await bootstrap(["test"]).code).toBe(0);
    expect(calls().filter((call) => call.startsWith("pnpm install"))).toHaveLength(2);
  });

  it("installs once when several start together", async () => {
    const starts = ["a", "b", "c", "d"].map((name) => bootstrap([name]));
    expect(await Promise.all(starts.map((start) => start.code))).toEqual([0, 0, 0, 0]);
    expect(calls().filter((call) => call.startsWith("pnpm install"))).toHaveLength(1);
    expect(calls()).not.toContain("OVERLAP");
    expect(readdirSync(join(root, ".tools")).filter((name) => name.includes("."))).toEqual([]);
  });

  it("takes the lock over from a process that died", async () => {
    const dead = spawn(process.execPath, ["--version"], { stdio: "ignore" });
    await closed(dead);
    mkdirSync(join(root, ".tools"));
    writeFileSync(join(root, ".tools", "install.lock"), String(dead.pid));
    expect(await bootstrap(["test"]).code).toBe(0);
  });
});

describe("a later start", () => {
  beforeEach(async () => {
    await bootstrap(["test"]).code;
    rmSync(join(root, "calls.log"));
  });

  it("only runs the script", async () => {
    await bootstrap(["test"]).code;
    expect(calls()).toEqual(["pnpm run test"]);
  });

  it.each(["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", "packages/core/package.json"])(
    "installs again when %s has changed",
    async (file) => {
      const path = join(root, file);
      writeFileSync(path, `${existsSync(path) ? readFileSync(path, "utf8") : ""}\n`);
      await bootstrap(["test"]).code;
      expect(calls()).toEqual([expect.stringMatching(/^pnpm install/), "pnpm run test"]);
    },
  );

  it("fetches a newly pinned pnpm", async () => {
    writeFileSync(join(root, "package.json"), '{ "packageManager": "pnpm@1.2.4" }');
    await bootstrap(["test"]).code;
    expect(calls()[0]).toMatch(/^npm install .*pnpm@1\.2\.4$/);
  });

  it("ends with the script's exit code", async () => expect(await bootstrap(["seven"]).code).toBe(7));

  it("passes a signal on and waits for the script", async () => {
    const { child, code } = bootstrap(["wait"]);
    await expect.poll(() => existsSync(join(root, "calls.log.waiting")), { timeout: 20_000 }).toBe(true);
    child.kill("SIGTERM");
    expect(await code).toBe(3);
    expect(calls()).toContain("terminated");
  });
});

function bootstrap(args: readonly string[], env: Record<string, string> = {}): Start {
  let output = "";
  const child = spawn(process.execPath, [join(root, "scripts", "bootstrap.mjs"), ...args], {
    cwd: root,
    env: {
      PATH: [bin, "/usr/bin", "/bin"].join(delimiter),
      CALLS: join(root, "calls.log"),
      FAKE_PNPM: join(bin, "fake-pnpm"),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  return { child, code: closed(child), output: () => output };
}

interface Start {
  readonly child: ChildProcess;
  readonly code: Promise<number | null>;
  output(): string;
}

function closed(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.on("close", resolve));
}

function calls(): string[] {
  return readFileSync(join(root, "calls.log"), "utf8").trim().split("\n");
}
