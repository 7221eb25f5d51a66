import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { type Invocation, type LambdaFunction, startFunction } from "./lambda.ts";

/** A fake of Lambda's API: `Invoke` and `GetFunctionConfiguration` of functions whose code really runs, under AWS's own runtime client. */
export interface LambdaApi {
  readonly endpoint: string;
  deploy(functions: readonly DeployedFunction[]): void;
  /** Invokes a function as Step Functions would. */
  invoke(name: string, event: unknown): Promise<Invocation>;
  stop(): Promise<void>;
}

/** A function, as it is deployed. */
export interface DeployedFunction {
  readonly name: string;
  readonly handler: string;
  /** Seconds. */
  readonly timeout: number;
  readonly env: Readonly<Record<string, string>>;
  readonly code: { readonly sha256: string; readonly zip: Uint8Array };
}

interface Running extends DeployedFunction {
  /** Each runs one invocation at a time. */
  readonly idle: LambdaFunction[];
  readonly all: LambdaFunction[];
}

export async function startLambdaApi(): Promise<LambdaApi> {
  const folder = mkdtempSync(join(tmpdir(), "glacier-lambda-"));
  const functions = new Map<string, Running>();
  const unzipped = new Map<string, string>();

  function codeOf({ sha256, zip }: DeployedFunction["code"]): string {
    let at = unzipped.get(sha256);
    if (at !== undefined) return at;
    at = join(folder, sha256);
    mkdirSync(at);
    for (const [path, content] of Object.entries(unzipSync(zip))) writeFileSync(join(at, path), content);
    unzipped.set(sha256, at);
    return at;
  }

  async function run(one: Running, event: unknown): Promise<Invocation & { readonly log: string }> {
    const machine = one.idle.pop() ?? (await startFunction(codeOf(one.code), one.handler, one.env));
    if (!one.all.includes(machine)) one.all.push(machine);
    const [startedAt, starts] = [performance.now(), machine.starts()];
    const invocation = await machine.invoke(event, { timeout: one.timeout });
    one.idle.push(machine);
    const ms = performance.now() - startedAt;
    const cold = machine.starts() > starts ? "\tInit Duration: 123.45 ms\t" : "";
    const log = `END RequestId: x\nREPORT RequestId: ${randomUUID()}\tDuration: ${ms.toFixed(2)} ms\tBilled Duration: ${Math.ceil(ms)} ms\tMemory Size: 1024 MB\tMax Memory Used: 80 MB\t${cold}\n`;
    return { ...invocation, log };
  }

  const server = createServer(async (request, response) => {
    const [, name = "", what] = /^\/2015-03-31\/functions\/([^/]+)\/(\w+)/.exec(request.url ?? "") ?? [];
    const one = functions.get(decodeURIComponent(name));
    if (one === undefined) {
      response.writeHead(404, { "x-amzn-errortype": "ResourceNotFoundException" });
      return void response.end(JSON.stringify({ Message: `Function not found: ${name}` }));
    }
    if (what === "configuration") {
      const CodeSha256 = Buffer.from(one.code.sha256, "hex").toString("base64");
      const FunctionArn = `arn:aws:lambda:eu-west-1:123456789012:function:${one.name}`;
      const configuration = { FunctionName: one.name, FunctionArn, CodeSha256, Architectures: ["arm64"] };
      return void response.end(JSON.stringify({ ...configuration, Environment: { Variables: one.env } }));
    }
    const { answer, error, log } = await run(one, JSON.parse(await bodyOf(request)));
    response.writeHead(200, {
      "x-amz-log-result": Buffer.from(log).toString("base64"),
      ...(error !== undefined && { "x-amz-function-error": "Unhandled" }),
    });
    response.end(JSON.stringify(error ?? answer ?? null));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    deploy(deployed) {
      for (const one of deployed) {
        const before = functions.get(one.name);
        if (before?.code.sha256 === one.code.sha256 && JSON.stringify(before.env) === JSON.stringify(one.env)) continue;
        for (const machine of before?.all ?? []) void machine.stop();
        functions.set(one.name, { ...one, idle: [], all: [] });
      }
    },
    invoke(name, event) {
      const one = functions.get(name);
      if (one === undefined) throw new Error(`no function ${name}`);
      return run(one, event);
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await Promise.all([...functions.values()].flatMap(({ all }) => all.map((machine) => machine.stop())));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body;
}
