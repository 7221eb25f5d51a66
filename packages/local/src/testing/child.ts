import { type ChildProcess, spawn } from "node:child_process";
import { onTestFinished } from "vitest";

/** Starts a fixture in a process of its own; killed after the test. */
export function start(fixture: URL, ...args: string[]): ChildProcess {
  const child = spawn(process.execPath, ["--conditions=@glacier/source", fixture.pathname, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

/** Runs a fixture to its end; answers what it printed. Rejects with its stderr where it fails. */
export function finish(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = "";
    let err = "";
    child.stdout?.on("data", (data) => (out += data));
    child.stderr?.on("data", (data) => (err += data));
    child.on("close", (code) => (code === 0 ? resolve(out.trim()) : reject(new Error(`exit ${code}: ${err}`))));
  });
}
