import type { ChildProcess } from "node:child_process";
import type { MessagePort } from "node:worker_threads";

/** One end of a line to another thread or process. */
export interface MemoryChannel {
  /** Whether both ends see the same memory (threads); else bytes are copied on the way (processes). */
  readonly shared: boolean;
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  onClose(listener: () => void): void;
  /** Whether the line keeps this thread alive. */
  hold(alive: boolean): void;
}

/** A line between threads. The port must serve nothing else. */
export function portChannel(port: MessagePort): MemoryChannel {
  return {
    shared: true,
    post: (message) => port.postMessage(message),
    onMessage(listener) {
      port.on("message", listener);
      port.unref();
    },
    onClose: (listener) => void port.on("close", listener),
    hold: (alive) => (alive ? port.ref() : port.unref()),
  };
}

/**
 * A line between a process and its child, beside whatever else they say to each other. The child is started with
 * `serialization: "advanced"`.
 */
export function processChannel(end: ChildProcess | NodeJS.Process): MemoryChannel {
  return {
    shared: false,
    post(message) {
      // A child that is gone has nobody left to tell; a parent that is gone says so by "disconnect".
      if (end.connected === true) end.send?.({ glacierMemory: message }, undefined, undefined, () => {});
    },
    onMessage(listener) {
      end.on("message", (message: unknown) => {
        if (typeof message === "object" && message !== null && "glacierMemory" in message)
          listener(message.glacierMemory);
      });
    },
    onClose: (listener) => void end.on("disconnect", listener),
    hold() {},
  };
}
