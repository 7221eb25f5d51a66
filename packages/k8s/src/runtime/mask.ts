// Processes that a task starts write into the pod's log by themselves, and so does Node where it crashes: they mask nothing.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { StringDecoder } from "node:string_decoder";
import { setTimeout as sleep } from "node:timers/promises";
import { Redactor } from "@glacier/core/execute";

/** What a process prints, and nothing else, is passed on without these. */
export interface Masks {
  /** Values. */
  readonly secrets: readonly string[];
  /** Starts what is Glacier's own in a line, which has no secret in it. */
  readonly mark?: string | undefined;
}

/** Milliseconds that a process that has ended is still heard, but for those that its reader rests: what it left behind may hold its output. */
const patience = 1000;
const step = 50;

/** Characters of a line that are kept until it ends. */
const longestLine = 256 * 1024;

/** Runs this very program with another argument, passes on what it and its processes print, and ends as it does. */
export async function runMasked(argument: string, masks: Masks): Promise<never> {
  const { execPath, execArgv, argv, stdout, stderr } = process;
  const program = [...execArgv, ...argv.slice(1, -1), argument];
  const child = spawn(execPath, program, { stdio: ["ignore", "pipe", "pipe"] });
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  const masking = [createMasking(masks), createMasking(masks)] as const;
  const passed = Promise.allSettled([
    pipeline(child.stdout, masking[0].stream, stdout, { end: false }),
    pipeline(child.stderr, masking[1].stream, stderr, { end: false }),
  ]);
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal as NodeJS.Signals]));
  });
  const all = passed.then(() => true);
  for (let idle = 0; idle < patience; idle += step) {
    if (await Promise.race([all, sleep(step, false)])) break;
    if (stdout.writableNeedDrain || stderr.writableNeedDrain) idle = 0;
  }
  stdout.write(masking[0].rest());
  stderr.write(masking[1].rest());
  await Promise.all([stdout, stderr].map((stream) => new Promise((done) => stream.write("", done))));
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

/** Masks a stream of text line by line: a secret may come in two parts. */
function createMasking(masks: Masks): {
  readonly stream: Transform;
  /** What has no line end yet. */
  rest(): string;
} {
  const clean = cleaner(masks);
  const decoder = new StringDecoder("utf8");
  // A URL has up to nine characters for one.
  const longest = 9 * Math.max(...masks.secrets.map(({ length }) => length));
  let line = "";
  return {
    stream: new Transform({
      transform(chunk: Buffer, _encoding, done) {
        const lines = decoder.write(chunk).split("\n");
        const last = lines.pop() ?? "";
        let text = "";
        for (const end of lines) {
          text += `${clean(line + end)}\n`;
          line = "";
        }
        line += last;
        if (line.length > longestLine && !line.includes(masks.mark ?? "\n")) {
          // What may be the beginning of a secret waits for its end.
          const known = clean(line);
          text += known.slice(0, -longest);
          line = known.slice(-longest);
        }
        done(null, text);
      },
    }),
    rest() {
      const text = clean(line + decoder.end());
      line = "";
      return text;
    },
  };
}
