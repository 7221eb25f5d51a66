import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import type { RunEvent } from "@glacier/core";
import { sleep } from "@glacier/core/execute";
import { containerName } from "../deployment.ts";
import type { Cluster } from "./cluster.ts";
import type { PodAnswer, PodMessage } from "./protocol.ts";

/** Takes what a pod's log says. */
export interface LogListener {
  readonly mark: string;
  event(event: RunEvent): void;
  /** A line of the task's own, or of what its container has beside Node. */
  line(text: string): void;
}

/** A pod's log, as it is followed. */
export interface PodLog {
  /** The attempt's own answer, as soon as it was read. */
  answer(): PodAnswer | undefined;
  /** Reads once more to the end, where the answer wasn't read. Never rejects: a log can be gone, like its node. */
  end(): Promise<void>;
  stop(): void;
}

const pause = 500;

/** Follows a pod's log; when its connection breaks, it is opened again, and what was heard is not told twice. */
export function followLog(cluster: Cluster, pod: string, listener: LogListener): PodLog {
  const reader = createLogReader(listener);
  const stopped = new AbortController();
  const following = follow();

  async function follow(): Promise<void> {
    while (!stopped.signal.aborted && reader.answer() === undefined) {
      await readOnce(cluster, pod, true, reader, stopped.signal).catch(() => {});
      await sleep(pause, stopped.signal).catch(() => {});
    }
  }

  return {
    answer: reader.answer,
    async end() {
      if (reader.answer() === undefined) {
        stopped.abort();
        await following;
        await readOnce(cluster, pod, false, reader, AbortSignal.timeout(30_000)).catch(() => {});
      }
    },
    stop() {
      reader.close();
      stopped.abort();
    },
  };
}

/** Reads a log's lines, also when it begins again at its first. */
export function createLogReader({ mark, event, line }: LogListener): {
  readonly begin: () => void;
  readonly take: (text: string) => void;
  /** Nothing is told any more. */
  readonly close: () => void;
  readonly answer: () => PodAnswer | undefined;
} {
  let answer: PodAnswer | undefined;
  let closed = false;
  /** The last message that was heard, and the lines after it; and how far the log is again. */
  let heard = { number: 0, lines: 0 };
  let at = { number: 0, lines: 0 };

  function isNew(): boolean {
    if (closed) return false;
    const fresh = at.number > heard.number || (at.number === heard.number && at.lines > heard.lines);
    if (fresh) heard = { ...at };
    return fresh;
  }

  return {
    begin() {
      at = { number: 0, lines: 0 };
    },
    take(text) {
      // The task's own output may lack a line end.
      const start = text.indexOf(mark);
      const message = start === -1 ? undefined : parse(text.slice(start + mark.length));
      const own = message === undefined ? text : text.slice(0, start);
      if (message === undefined || own !== "") {
        at = { ...at, lines: at.lines + 1 };
        if (isNew()) line(own);
      }
      if (message === undefined) return;
      at = { number: message.number, lines: 0 };
      if (!isNew()) return;
      if ("event" in message) event(message.event);
      else answer = message;
    },
    close() {
      closed = true;
    },
    answer: () => answer,
  };
}

function parse(json: string): PodMessage | undefined {
  try {
    return JSON.parse(json) as PodMessage;
  } catch {
    return undefined; // a process of the task's own wrote into the same line
  }
}

/** Resolves at the log's end; rejects where the connection breaks. */
async function readOnce(
  { sdk, config, namespace }: Cluster,
  pod: string,
  follow: boolean,
  reader: ReturnType<typeof createLogReader>,
  signal: AbortSignal,
): Promise<void> {
  reader.begin();
  const output = new PassThrough();
  // The client pipes and listens to no error: one would end this process.
  output.on("pipe", (source) => source.on("error", (error: Error) => output.destroy(error)));
  const ended = new Promise<void>((resolve, reject) => {
    output.once("error", reject).once("close", resolve);
    createInterface({ input: output, crlfDelay: Number.POSITIVE_INFINITY })
      .on("line", reader.take)
      // It has its input's errors, too.
      .on("error", reject)
      .once("close", resolve);
  });
  ended.catch(() => {});
  const abort = () => output.destroy();
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  const connecting = new sdk.Log(config).log(namespace, pod, containerName, output, { follow });
  try {
    await Promise.race([connecting.then(() => ended), ended]);
  } finally {
    signal.removeEventListener("abort", abort);
    // The client can't end a connection before it stands.
    void connecting.then((request) => request.abort()).catch(() => {});
  }
}
