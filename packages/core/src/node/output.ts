import { format } from "node:util";
import { Redactor } from "../execute/redact.ts";
import type { RunEvent } from "../run/events.ts";

/** What a process prints goes to its host's log: as long as this is on, without the secrets that it was told. */
export interface MaskedOutput {
  hide(secret: string): void;
  /** Gives the process its own output back; the secrets are forgotten. */
  restore(): void;
}

const methods = ["log", "info", "warn", "error", "debug", "trace"] as const;

/** Lambda's runtime writes what console is told past `process.stdout`, so both are masked. */
export function maskOutput(): MaskedOutput {
  const { console } = globalThis;
  const redactor = new Redactor();
  const undo: (() => void)[] = [];
  for (const method of methods) {
    const write = console[method];
    const masked: typeof write = (...args) => {
      const text = format(...args);
      const clean = redactor.text(text);
      // What has no secret keeps its arguments: JSON logging tells them apart.
      return clean === text ? write(...args) : write(clean);
    };
    console[method] = masked;
    undo.push(() => {
      if (console[method] === masked) console[method] = write;
    });
  }
  for (const stream of [process.stdout, process.stderr]) {
    const { write } = stream;
    const masked = ((chunk: string | Uint8Array, ...rest: never[]) => {
      const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
      const clean = redactor.text(text);
      return write.call(stream, clean === text ? chunk : clean, ...rest);
    }) as typeof write;
    stream.write = masked;
    undo.push(() => {
      if (stream.write === masked) stream.write = write;
    });
  }
  return {
    hide: (secret) => redactor.hide(secret),
    restore() {
      for (const step of undo) step();
    },
  };
}

/** Log events are lines of JSON, whose fields a host's log can be asked for; secrets are masked in them already. */
export function printLog(event: RunEvent): void {
  if (event.type !== "log") return;
  const { level, message, task, attempt, runId, fields } = event;
  process.stdout.write(
    `${JSON.stringify({ level, message, task, attempt, runId, ...(fields !== undefined && { fields }) })}\n`,
  );
}
