import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** What a stub server answers to a request. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Never ends the body. */
  readonly open?: boolean;
}

/** A request as a stub server saw it, with its body read. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly bytes: number;
}

/** An HTTP server for this test that answers as it is told; undefined breaks the connection. */
export async function startStub(
  answer: (request: Seen) => Answer | undefined | Promise<Answer>,
): Promise<{ endpoint: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    let bytes = 0;
    try {
      for await (const chunk of request) bytes += chunk.length;
    } catch {
      return; // its client gave up
    }
    const { method = "", url = "", headers } = request;
    const said: Seen = { method, url, headers, bytes };
    seen.push(said);
    const found = await answer(said);
    if (found === undefined) return void request.socket.destroy();
    // As S3 does: an answer to HEAD has no body.
    response.writeHead(found.status, { "x-amz-request-id": "REQUEST1", ...found.headers });
    if (found.open === true) return void response.write(found.body);
    response.end(method === "HEAD" ? undefined : found.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

/** S3's own form of an error: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export function errorXml(code: string, message: string, more = ""): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message>${more}<RequestId>REQUEST1</RequestId></Error>`;
}
