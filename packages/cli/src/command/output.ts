import { createStyle, wantsColor } from "../text/style.ts";
import type { Output } from "./io.ts";

type Write = (text: string) => void;

/**
 * Takes standard output for the command. `machine`: whatever else writes there, such as a handler's `console.log`, goes to
 * stderr, so that the output stays what a program expects.
 */
export function createOutput(
  stream: NodeJS.WriteStream,
  env: Readonly<Record<string, string | undefined>>,
  machine: boolean,
): Output {
  const write: Write = stream.write.bind(stream);
  if (machine) redirect(stream, process.stderr.write.bind(process.stderr));
  return {
    style: createStyle(!machine && wantsColor(stream, env)),
    isTTY: stream.isTTY === true,
    size: () => ({ columns: stream.columns || 80, rows: stream.rows || 24 }),
    write,
    lines(lines) {
      if (lines.length > 0) write(`${lines.join("\n")}\n`);
    },
  };
}

/** Sends what is written to a stream elsewhere, until the function that it answers is called. */
export function redirect(stream: NodeJS.WriteStream, to: Write): () => void {
  const original = stream.write;
  stream.write = ((chunk: string | Uint8Array, encoding?: unknown, callback?: unknown) => {
    to(typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk));
    const done = typeof encoding === "function" ? encoding : callback;
    if (typeof done === "function") queueMicrotask(() => done());
    return true;
  }) as typeof stream.write;
  return () => {
    stream.write = original;
  };
}
