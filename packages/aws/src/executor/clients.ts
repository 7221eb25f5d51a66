import type { ECSClient } from "@aws-sdk/client-ecs";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { S3Client } from "@aws-sdk/client-s3";
import type { SFNClient } from "@aws-sdk/client-sfn";
import { describeThrown, type S3Resource } from "@glacier/core";
import { answering } from "../storage/bucket.ts";
import type { AWSExecutorOptions } from "./options.ts";

/** A service's SDK, loaded when it is first needed, and a client of it. */
export interface Service<Sdk, Client> {
  readonly sdk: Sdk;
  readonly client: Client;
}

/** Every service that an executor calls. */
export interface Clients {
  lambda(): Promise<Service<typeof import("@aws-sdk/client-lambda"), LambdaClient>>;
  ecs(): Promise<Service<typeof import("@aws-sdk/client-ecs"), ECSClient>>;
  sfn(): Promise<Service<typeof import("@aws-sdk/client-sfn"), SFNClient>>;
  /** For a bucket that may say itself where it is. */
  s3(place: Pick<S3Resource, "region" | "endpoint" | "forcePathStyle">): Promise<S3Client>;
  /** Ends the connections of those made here; the next call makes new ones. */
  close(): Promise<void>;
}

/** Milliseconds, of each of the SDK's three tries. Without it a network that drops what it gets keeps each for minutes. */
const connectionTimeout = 5000;

/** Milliseconds without a byte, of each try. A connection that broke without a word would be waited for forever. */
export const longestSilence: number = 30_000;

/** A function runs up to 15 minutes, and the answer comes at its end. */
const longestAnswer = 16 * 60_000;

/** Makes nothing yet. */
export function createClients({ region, credentials, endpoint, clients = {} }: AWSExecutorOptions): Clients {
  const common = {
    requestHandler: { connectionTimeout, socketTimeout: longestSilence },
    ...(region !== undefined && { region }),
    ...(credentials !== undefined && {
      credentials: typeof credentials === "function" ? asked(credentials) : credentials,
    }),
    ...(endpoint !== undefined && { endpoint }),
  };
  const made = new Map<string, Promise<{ destroy(): void }>>();

  function once<C extends { destroy(): void }>(name: string, own: C | undefined, make: () => Promise<C>): Promise<C> {
    if (own !== undefined) return Promise.resolve(own);
    let client = made.get(name) as Promise<C> | undefined;
    if (client === undefined) {
      client = make();
      made.set(name, client);
    }
    return client;
  }

  return {
    async lambda() {
      const sdk = await import("@aws-sdk/client-lambda");
      const agent = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY };
      const client = await once("lambda", clients.lambda, async () => {
        return new sdk.LambdaClient({
          ...common,
          // An invocation that broke off may have run: whether to repeat it is the scheduler's to say.
          maxAttempts: 1,
          requestHandler: {
            connectionTimeout,
            requestTimeout: longestAnswer,
            socketTimeout: longestAnswer,
            httpAgent: agent,
            httpsAgent: agent,
          },
        });
      });
      return { sdk, client };
    },
    async ecs() {
      const sdk = await import("@aws-sdk/client-ecs");
      return { sdk, client: await once("ecs", clients.ecs, async () => new sdk.ECSClient(common)) };
    },
    async sfn() {
      const sdk = await import("@aws-sdk/client-sfn");
      return { sdk, client: await once("sfn", clients.sfn, async () => new sdk.SFNClient(common)) };
    },
    async s3(place) {
      const { S3Client } = await import("@aws-sdk/client-s3");
      const { region = common.region, endpoint = common.endpoint, forcePathStyle = endpoint !== undefined } = place;
      return once(`s3 ${region} ${endpoint} ${forcePathStyle}`, clients.s3, async () => {
        const { clientConfig } = await import("../storage/client.ts");
        return new S3Client({
          ...common,
          ...clientConfig({ ...answering, connectionTimeout }),
          ...(region !== undefined && { region }),
          ...(endpoint !== undefined && { endpoint, forcePathStyle }),
        });
      });
    },
    async close() {
      const open = [...made.values()];
      made.clear();
      for (const client of open) (await client.catch(() => undefined))?.destroy();
    },
  };
}

/** A provider of the user's own, whose errors say that they are about credentials, as those of the SDK's providers do. */
function asked<P extends (...args: never[]) => Promise<unknown>>(provider: P): P {
  return (async (...args: never[]) => {
    try {
      return await provider(...args);
    } catch (error) {
      if ((error as Partial<Error> | null)?.name === "CredentialsProviderError") throw error;
      const why = `option "credentials" gave none: ${describeThrown(error)}`;
      throw Object.assign(new Error(why, { cause: error }), { name: "CredentialsProviderError" });
    }
  }) as P;
}
