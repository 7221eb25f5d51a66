import type { AgentOptions, ClientRequestArgs } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { S3ClientConfig } from "@aws-sdk/client-s3";
import { reading } from "./connections.ts";

/** The SDK's names; milliseconds. */
interface Timeouts {
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
  readonly throwOnRequestTimeout: boolean;
}

/** What a client that isn't the caller's own is made with. */
export function clientConfig(timeouts: Timeouts): S3ClientConfig {
  return {
    // Writes bring their own CRC32. A read is checked by TLS and S3 itself: again here, it would pass through JavaScript.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    // The SDK would open a new connection for each part, and wait seconds for servers that don't know the header.
    expectContinueHeader: false,
    requestHandler: {
      ...timeouts,
      httpAgent: new ReadingHttp(pooled),
      httpsAgent: new ReadingHttps(pooled),
    },
  };
}

// An import reads whatever the module has, its WebSocket too: 13 MiB, and https needs none of it.
const { Agent: HttpAgent } = process.getBuiltinModule("node:http");

/** As the SDK's own agents. */
const pooled: AgentOptions = { keepAlive: true, maxSockets: 50 };

type Connected = (error: Error | null, stream: Duplex) => void;

class ReadingHttp extends HttpAgent {
  override createConnection(to: ClientRequestArgs, connected?: Connected): Socket {
    return reading((onread) => super.createConnection(Object.assign({}, to, { onread }), connected));
  }
}

class ReadingHttps extends HttpsAgent {
  override createConnection(to: ClientRequestArgs, connected?: Connected): Socket {
    return reading((onread) => super.createConnection(Object.assign({}, to, { onread }), connected));
  }
}
