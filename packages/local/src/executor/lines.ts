import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { LogLevel } from "@glacier/core";

/** Lines of stderr that {@link logLines} remembers. */
const remembered = 20;

/** Passes on each line of a process: stdout as `info`, stderr as `warn`. Answers a function that gives stderr's last lines. */
export function logLines(
  child: Pick<ChildProcess, "stdout" | "stderr">,
  log: (level: LogLevel, line: string) => void,
): () => string {
  const last: string[] = [];
  eachLine(child.stdout, (line) => log("info", line));
  eachLine(child.stderr, (line) => {
    last.push(line);
    if (last.length > remembered) last.shift();
    log("warn", line);
  });
  return () => last.join("\n");
}

/** Calls `take` with each line of a stream; the last one may lack its line end. */
export function eachLine(stream: Readable | null, take: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", take);
}
