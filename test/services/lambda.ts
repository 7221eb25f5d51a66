import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";

/** One function: a folder of code under AWS's own runtime client for Node, which asks a Runtime API of the tests' own for its events. */
export interface LambdaFunction {
  /** Runs one invocation, in a fresh process where the last has ended. */
  invoke(event: unknown, options?: { readonly timeout?: number }): Promise<Invocation>;
  /** Processes that were started so far. */
  starts(): number;
  stop(): Promise<void>;
}

/** How an invocation ended, as Lambda's own API tells it. */
export interface Invocation {
  readonly answer?: unknown;
  /** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html */
  readonly error?: { readonly errorType: string; readonly errorMessage: string; readonly trace?: readonly string[] };
  /** What it printed: CloudWatch would have it. */
  readonly output: string;
}

const version = "4.0.2";
const client = join(
  process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"),
  `glacier/aws-lambda-ric-${version}/node_modules/aws-lambda-ric/index.mjs`,
);

/** Why a suite that runs functions is skipped. Says so once; in CI that is a failure. */
export function lambdaMissing(): string | undefined {
  if (existsSync(client)) return undefined;
  const missing = `aws-lambda-ric ${version} is not built: bash scripts/ci-setup.sh`;
  if (process.env["CI"] === "true") throw new Error(missing);
  console.warn(`Lambda tests are skipped: ${missing}`);
  return missing;
}

interface Pending {
  readonly id: string;
  readonly event: unknown;
  readonly deadline: number;
  readonly settle: (end: Omit<Invocation, "output">) => void;
}

/** Starts a function's Runtime API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. Its process starts with the first event. */
export async function startFunction(
  folder: string,
  handler: string,
  env: Readonly<Record<string, string>>,
): Promise<LambdaFunction> {
  let child: ChildProcess | undefined;
  let started = 0;
  let output = "";
  let pending: Pending | undefined;
  let waiting: ServerResponse | undefined;
  /** Id of the invocation that a process was given last. */
  let handed: string | undefined;

  function handOver(): void {
    if (pending === undefined || waiting === undefined) return;
    handed = pending.id;
    waiting.writeHead(200, {
      "content-type": "application/json",
      "lambda-runtime-aws-request-id": pending.id,
      "lambda-runtime-deadline-ms": String(pending.deadline),
      "lambda-runtime-invoked-function-arn": "arn:aws:lambda:eu-west-1:123456789012:function:test",
    });
    waiting.end(JSON.stringify(pending.event));
    waiting = undefined;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.replace("/2018-06-01/runtime/", "") ?? "";
    if (path === "invocation/next") {
      waiting = response;
      return handOver();
    }
    let body = "";
    for await (const chunk of request) body += chunk;
    response.writeHead(202).end("{}");
    if (path.endsWith("/response")) pending?.settle({ answer: JSON.parse(body) });
    else pending?.settle({ error: JSON.parse(body) });
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };

  function start(): ChildProcess {
    started++;
    const process_ = spawn(process.execPath, [client], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env["PATH"],
        AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
        _HANDLER: handler,
        LAMBDA_TASK_ROOT: folder,
        AWS_LAMBDA_FUNCTION_NAME: "test",
        AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "1024",
        AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/test",
        AWS_LAMBDA_LOG_STREAM_NAME: randomUUID(),
        AWS_REGION: "eu-west-1",
        AWS_ACCESS_KEY_ID: "test",
        AWS_SECRET_ACCESS_KEY: "test",
        NODE_OPTIONS: "--enable-source-maps",
        ...env,
      },
    });
    for (const stream of [process_.stdout, process_.stderr])
      stream.on("data", (chunk: Buffer) => {
        output += chunk;
      });
    process_.once("close", (code, signal) => {
      if (child !== process_) return;
      child = undefined;
      waiting = undefined;
      if (pending !== undefined && pending.id !== handed) {
        // It ended by itself after its last answer.
        child = start();
        return;
      }
      const how = signal === null ? `exit status ${code}` : `signal: ${signal === "SIGKILL" ? "killed" : signal}`;
      const errorMessage = `RequestId: ${pending?.id} Error: Runtime exited with error: ${how}`;
      pending?.settle({ error: { errorType: "Runtime.ExitError", errorMessage } });
    });
    return process_;
  }

  async function end(): Promise<void> {
    const ending = child;
    if (ending === undefined) return;
    child = undefined;
    waiting = undefined;
    const closed = new Promise((resolve) => ending.once("close", resolve));
    ending.kill("SIGKILL");
    await closed;
  }

  return {
    async invoke(event, { timeout = 60 } = {}) {
      output = "";
      const id = randomUUID();
      let timer: NodeJS.Timeout | undefined;
      const ended = await new Promise<Omit<Invocation, "output"> | "late">((settle) => {
        timer = setTimeout(settle, timeout * 1000, "late");
        pending = { id, event, deadline: Date.now() + timeout * 1000, settle };
        child ??= start();
        handOver();
      });
      clearTimeout(timer);
      pending = undefined;
      if (ended !== "late") return { ...ended, output };
      await end();
      const errorMessage = `RequestId: ${id} Error: Task timed out after ${timeout.toFixed(2)} seconds`;
      return { error: { errorType: "Sandbox.Timedout", errorMessage }, output };
    },
    starts: () => started,
    async stop() {
      await end();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
