/** What Lambda says of an invocation at its end, in milliseconds and MB. */
export interface Report {
  readonly requestId: string;
  readonly duration: number;
  readonly billed: number;
  readonly memory: number;
  readonly maxMemory: number;
  /** Of a cold start: how long the machine and the code took to be ready. */
  readonly init?: number;
}

/**
 * Finds the REPORT line in the last 4 KiB of an invocation's log.
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
 */
export function parseReport(log: string): Report | undefined {
  const line = log.split("\n").findLast((line) => line.startsWith("REPORT "));
  if (line === undefined) return undefined;
  const number = (name: string): number | undefined => {
    const found = new RegExp(`(?:^|\\t)${name}: ([\\d.]+)`).exec(line)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const requestId = /RequestId: (\S+)/.exec(line)?.[1] ?? "";
  const [duration, billed] = [/(?:\t| )Duration: ([\d.]+)/.exec(line)?.[1], number("Billed Duration")];
  const [memory, maxMemory, init] = [number("Memory Size"), number("Max Memory Used"), number("Init Duration")];
  if (duration === undefined || billed === undefined || memory === undefined || maxMemory === undefined)
    return undefined;
  return { requestId, duration: Number(duration), billed, memory, maxMemory, ...(init !== undefined && { init }) };
}

/** The figures in words. */
export function describeReport({ duration, billed, memory, maxMemory, init }: Report): string {
  const start = init === undefined ? "" : `cold start ${Math.round(init)} ms, `;
  return `${start}${Math.round(duration)} ms, billed ${billed} ms, ${maxMemory} of ${memory} MB`;
}
