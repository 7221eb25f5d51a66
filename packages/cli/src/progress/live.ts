import { createLogUpdate } from "log-update";
import type { Output } from "../command/io.ts";
import { redirect } from "../command/output.ts";

/** Milliseconds between frames. */
const interval = 80;
const hideCursor = "\u001b[?25l";
const showCursor = "\u001b[?25h";

/** Redraws lines at the bottom of a terminal; everything else that is written moves above them. */
export interface LiveScreen {
  /** Lines that stay, above. */
  persist(lines: readonly string[]): void;
  /** Clears the frame and gives the terminal back. */
  stop(): void;
}

/** Starts redrawing what `frame` answers (its argument counts frames), until `stop`. */
export function startLive(out: Output, frame: (number: number) => readonly string[]): LiveScreen {
  const terminal = {
    write: (text: string) => out.write(text),
    isTTY: true,
    get columns() {
      return out.size().columns;
    },
    get rows() {
      return out.size().rows;
    },
  };
  // log-update asks nothing else of a stream. The cursor is hidden here: log-update would write that to stderr.
  const update = createLogUpdate(terminal as NodeJS.WriteStream, { showCursor: true });
  let number = 0;
  let stopped = false;
  /** What user code wrote, up to its last line break. */
  let partial = "";

  /** Lines that wait for the next frame, so that a thousand of them cost one redraw. */
  let pending: string[] = [];

  const flush = () => {
    if (pending.length > 0) update.persist(pending.join("\n"));
    pending = [];
  };
  const draw = () => {
    flush();
    const lines = frame(number);
    if (lines.length > 0) update(lines.join("\n"));
  };
  const onForeign = (text: string) => {
    const lines = (partial + text).split("\n");
    partial = lines.pop() ?? "";
    pending.push(...lines);
  };
  const restores = [
    redirect(process.stdout, onForeign),
    ...(process.stderr.isTTY ? [redirect(process.stderr, onForeign)] : []),
  ];
  const onExit = () => out.write(showCursor);

  out.write(hideCursor);
  process.once("exit", onExit);
  draw();
  const timer = setInterval(() => {
    number++;
    draw();
  }, interval);

  return {
    persist(lines) {
      pending.push(...lines);
    },
    stop() {
      if (stopped) return;
      stopped = true;
      clearInterval(timer);
      for (const restore of restores) restore();
      flush();
      update.clear();
      if (partial !== "") out.write(`${partial}\n`);
      out.write(showCursor);
      process.off("exit", onExit);
    },
  };
}
