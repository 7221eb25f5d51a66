import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "vitest";

/** What pods wait for: a URL that answers when the test says so. */
export interface Gate {
  readonly url: string;
  open(): void;
}

/** Ends with the test. */
export async function closedGate({ onTestFinished }: TestContext): Promise<Gate> {
  const opened = Promise.withResolvers<void>();
  const server = createServer((_, answer) => void opened.promise.then(() => answer.end("open")));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    opened.resolve();
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, open: opened.resolve };
}
