import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { LogLevel } from "@glacier/core";

/** Lines of stderr that {@link logLines} remembers. */
const remembered = 20;

/** What V8 says when its heap is full; a long native stack follows. */
export const heapIsFull: RegExp = /heap out of memory|ERR_WORKER_OUT_OF_MEMORY/;

/** What a process said, as far as its errors need it. */
export interface Said {
  /** The last lines of stderr. */
  readonly lastWords: string;
  /** Whether Node said that its heap was full. */
  readonly heapIsFull: boolean;
}

/** Output that is being read line by line. */
export interface Lines {
  /** What was said so far. */
  said(): Said;
  /** Resolves after the last line. */
  readonly ended: Promise<unknown>;
}

/** Passes on each line of a process: stdout as `info`, stderr as `warn`. */
export function logLines(
  child: Pick<ChildProcess, "stdout" | "stderr">,
  log: (level: LogLevel, line: string) => void,
): Lines {
  const last: string[] = [];
  let full = false;
  const out = eachLine(child.stdout, (line) => log("info", line));
  const err = eachLine(child.stderr, (line) => {
    last.push(line);
    if (last.length > remembered) last.shift();
    full ||= heapIsFull.test(line);
    log("warn", line);
  });
  return { said: () => ({ lastWords: last.join("\n"), heapIsFull: full }), ended: Promise.all([out, err]) };
}

/** Calls `take` with each line of a stream; the last one may lack its line end. */
function eachLine(stream: Readable | null, take: (line: string) => void): Promise<void> {
  if (stream === null) return Promise.resolve();
  return new Promise((resolve) => {
    createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", take).once("close", resolve);
  });
}
