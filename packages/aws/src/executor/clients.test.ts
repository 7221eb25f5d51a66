import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { createClients } from "./clients.ts";

interface NodeHttpHandler {
  httpHandlerConfigs(): { readonly socketTimeout?: number };
}

/** Clients of a stub server that refuses everything. */
async function refusedClients() {
  const server = createServer((_, response) => void response.writeHead(400).end("{}"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clients = createClients({
    region: "eu-west-1",
    endpoint,
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
  });
  onTestFinished(() => clients.close());
  return clients;
}

it("no service is waited for that says nothing, and a function for as long as one may run", async () => {
  const clients = await refusedClients();
  const [ecs, sfn, lambda] = [await clients.ecs(), await clients.sfn(), await clients.lambda()];
  // A handler has its settings from its first request on.
  await Promise.allSettled([
    ecs.client.send(new ecs.sdk.ListClustersCommand()),
    sfn.client.send(new sfn.sdk.ListStateMachinesCommand()),
    lambda.client.send(new lambda.sdk.ListFunctionsCommand()),
  ]);
  const silences = [ecs, sfn, lambda].map(
    ({ client }) => (client.config.requestHandler as NodeHttpHandler).httpHandlerConfigs().socketTimeout,
  );
  expect(silences).toEqual([30_000, 30_000, 16 * 60_000]);
});

it("a provider of credentials that throws says so as the SDK's own do", async () => {
  const credentials = () => Promise.reject(new Error("the vault is sealed"));
  const clients = createClients({ region: "eu-west-1", endpoint: "http://127.0.0.1:1", credentials });
  onTestFinished(() => clients.close());
  const { sdk, client } = await clients.sfn();
  await expect(client.send(new sdk.ListStateMachinesCommand())).rejects.toMatchObject({
    name: "CredentialsProviderError",
    message: 'option "credentials" gave none: the vault is sealed',
  });
});
