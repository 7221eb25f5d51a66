// Processes that a task starts write into the pod's log by themselves, and so does Node where it crashes: they mask nothing.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { Redactor } from "@glacier/core/execute";

/** What a process prints, and nothing else, is passed on without these. */
export interface Masks {
  /** Values. */
  readonly secrets: readonly string[];
  /** Starts what is Glacier's own in a line, which has no secret in it. */
  readonly mark?: string | undefined;
}

/** Milliseconds that a process that has ended may still be heard, by what it left behind. */
const patience = 1000;

/** Runs this very program with another argument, passes on what it and its processes print, and ends as it does. */
export async function runMasked(argument: string, masks: Masks): Promise<never> {
  const { execPath, execArgv, argv } = process;
  const program = [...execArgv, ...argv.slice(1, -1), argument];
  const child = spawn(execPath, program, { stdio: ["ignore", "pipe", "pipe"] });
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  const clean = cleaner(masks);
  passOn(child.stdout, process.stdout, clean);
  passOn(child.stderr, process.stderr, clean);
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      const end = () => resolve(code ?? 128 + constants.signals[signal as NodeJS.Signals]);
      child.once("close", end);
      setTimeout(end, patience);
    });
  });
  process.exit(exitCode);
}

function cleaner({ secrets, mark = "" }: Masks): (line: string) => string {
  const redactor = new Redactor();
  for (const secret of secrets) redactor.hide(secret);
  return (line) => {
    // The task's own output may lack a line end.
    const own = mark === "" ? -1 : line.indexOf(mark);
    return own === -1 ? redactor.text(line) : `${redactor.text(line.slice(0, own))}${line.slice(own)}`;
  };
}

/** By lines: a secret may come in two parts. */
function passOn(from: NodeJS.ReadableStream, to: NodeJS.WritableStream, clean: (line: string) => string): void {
  let rest = "";
  from
    .setEncoding("utf8")
    .on("data", (chunk: string) => {
      const lines = `${rest}${chunk}`.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) to.write(`${clean(line)}\n`);
    })
    .on("end", () => {
      if (rest !== "") to.write(clean(rest));
    });
}
