import { GlacierError } from "@glacier/core";
import { exitCodes } from "../command/exit-code.ts";

const codes = { SIGINT: exitCodes.interrupted, SIGTERM: exitCodes.terminated, SIGHUP: exitCodes.hangup } as const;

/** Cancelling by signal. */
export interface Cancellation {
  readonly signal: AbortSignal;
  /** The exit code of the signal that came, if one did. */
  exitCode(): number | undefined;
  stop(): void;
}

/** The first signal cancels, and `onCancel` says so; the second ends the process at once. */
export function cancelOnSignal(onCancel: () => void): Cancellation {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const listeners = Object.entries(codes).map(([name, code]) => {
    const listener = () => {
      if (exitCode !== undefined) process.exit(code);
      exitCode = code;
      onCancel();
      controller.abort(
        new GlacierError("CANCELLED", {
          message: `cancelled by ${name}`,
          hint: "Resume the run: what is committed is not done again.",
        }),
      );
    };
    process.on(name, listener);
    return () => process.off(name, listener);
  });
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    stop() {
      for (const off of listeners) off();
    },
  };
}
