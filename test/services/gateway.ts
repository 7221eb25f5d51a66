import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request to one of AWS's services. */
export interface AwsRequest {
  /** The access key that it was signed with. */
  readonly identity: string;
  /** As signatures name it: `s3`, `secretsmanager`, `states`. */
  readonly service: string;
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** What is answered in the services' place. */
export interface AwsAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Stands before moto. */
export interface Gateway {
  readonly endpoint: string;
  stop(): void;
}

/** Passes requests on to `target` but for those that `before` answers; `after` may put another answer in the place of the target's. */
export async function startGateway(
  target: string,
  before: (request: AwsRequest) => AwsAnswer | undefined,
  after: (request: AwsRequest, status: number) => AwsAnswer | undefined = () => undefined,
): Promise<Gateway> {
  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    // "100 Continue" has been said by this server.
    const { expect: _, ...headers } = incoming.headers;
    const { method = "GET" } = incoming;
    const body = await bodyOf(incoming);
    const url = new URL(incoming.url ?? "/", target);
    const asked: AwsRequest = { ...signedBy(headers.authorization), method, url, headers, body };
    const answer = ({ status, body, headers = {} }: AwsAnswer) =>
      outgoing.writeHead(status, headers).end(method === "HEAD" ? undefined : body);
    const own = before(asked);
    if (own !== undefined) return void answer(own);
    const passed = request(url, { method, headers }, (response) => {
      const other = after(asked, response.statusCode ?? 0);
      if (other !== undefined) {
        response.resume();
        return void answer(other);
      }
      outgoing.writeHead(response.statusCode ?? 500, response.headers);
      response.pipe(outgoing);
    });
    passed.once("error", (error) => outgoing.destroy(error));
    passed.end(body);
  }
  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch((error: Error) => outgoing.writeHead(500).end(error.stack));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html */
function signedBy(authorization = ""): { identity: string; service: string } {
  const [, identity = "", service = ""] = /Credential=([^/]+)\/\d+\/[^/]+\/([^/]+)\//.exec(authorization) ?? [];
  return { identity, service };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
