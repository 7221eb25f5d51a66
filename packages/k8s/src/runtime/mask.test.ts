import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";

/** The arguments of a program that runs itself masked, and does there what `inside` says. */
function program(inside: string): string[] {
  const code = `
import { spawnSync } from "node:child_process";
import { runMasked } from "${new URL("./mask.ts", import.meta.url)}";
if (process.argv.at(-1) === "outside") await runMasked("inside", { secrets: ["hunter2-hunter2"], mark: "@mark " });
${inside}`;
  return ["--conditions=@glacier/source", "--input-type=module", "-e", code, "outside"];
}

function run(inside: string) {
  return spawnSync(process.execPath, program(inside), { encoding: "utf8", maxBuffer: 2 ** 24 });
}

it("what a process of the task's own prints is masked, in whatever parts it comes", () => {
  const script = "process.stdout.write('the key is hunter2-'); setTimeout(() => console.log('hunter2, é'), 50)";
  const { status, stdout } = run(
    `spawnSync(process.execPath, ["-e", ${JSON.stringify(script)}], { stdio: "inherit" });`,
  );
  expect([status, stdout]).toEqual([0, "the key is ***, é\n"]);
});

it("what Node prints where it crashes is, too, and the end is the same", () => {
  const { status, stderr } = run(`throw new Error("login failed for hunter2-hunter2");`);
  expect(stderr).toContain("Error: login failed for ***");
  expect(stderr).not.toContain("hunter2");
  expect(status).toBe(1);
});

it("a message of Glacier's own stays as it is, also in a line of others", () => {
  const said = '@mark {"key":"hunter2-hunter2"}';
  expect(run(`process.stdout.write("hunter2-hunter2" + ${JSON.stringify(said)});`).stdout).toBe(`***${said}`);
});

it("a process that is killed ends with the signal's own code", () => {
  expect(run(`process.kill(process.pid, "SIGKILL");`).status).toBe(137);
});

it("what is left behind keeps no pod", () => {
  const script = "setInterval(() => console.log(process.pid), 100)";
  const { status, stdout } = run(`
import { spawn } from "node:child_process";
const left = spawn(process.execPath, ["-e", "${script}"], { stdio: "inherit" });
console.log(left.pid);
process.exit(3);`);
  process.kill(Number(stdout.split("\n")[0]));
  expect(status).toBe(3);
});

it("nothing of a long log is lost to a reader that rests", async () => {
  const child = spawn(
    process.execPath,
    program(`for (let i = 0; i < 100_000; i++) console.log("line", i, "hunter2-hunter2");`),
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  await new Promise((resolve) => setTimeout(resolve, 3000));
  let text = "";
  for await (const chunk of child.stdout) text += chunk;
  const lines = text.trimEnd().split("\n");
  expect(lines.length).toBe(100_000);
  expect(lines.at(-1)).toBe("line 99999 ***");
});

it("a line without an end is passed on before it has one, and its end where something is left behind", () => {
  const script = "setTimeout(() => {}, 600_000)";
  const { stdout } = run(`
import { spawn } from "node:child_process";
const left = spawn(process.execPath, ["-e", "${script}"], { stdio: "inherit" });
process.stdout.write("x".repeat(4_000_000) + "hunter2-hunter2 " + left.pid, () => process.exit());`);
  process.kill(Number(stdout.split(" ")[1]));
  expect(stdout).toMatch(/^x{4000000}\*{3} \d+$/);
});

it("is told to stop with it", async () => {
  const child = spawn(
    process.execPath,
    program(`process.once("SIGTERM", () => process.exit(143)); console.log("on"); setInterval(() => {}, 1000);`),
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  await once(child.stdout, "data");
  child.kill("SIGTERM");
  expect((await once(child, "exit"))[0]).toBe(143);
});
