import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type Execution, run } from "./step-functions-interpreter.ts";
import type { Machine, Services } from "./step-functions-machine.ts";

/**
 * A fake of Step Functions' API (StartExecution, DescribeExecution, GetExecutionHistory, StopExecution), with an interpreter of
 * the states that AWSTarget emits and histories in the shapes of the documentation.
 */
export interface StepFunctionsApi {
  readonly endpoint: string;
  deploy(name: string, machine: Machine): void;
  /** Requests so far, by operation. */
  readonly calls: Record<string, number>;
  stop(): Promise<void>;
}

const prefix = "arn:aws:states:eu-west-1:123456789012";
/** Events on a page: so few that every history has several. */
const pageLength = 7;

export async function startStepFunctions(services: Services): Promise<StepFunctionsApi> {
  const machines = new Map<string, Machine>();
  const executions = new Map<string, Execution>();
  const calls: Record<string, number> = {};

  function start({ stateMachineArn, name, input }: Record<string, string>): Answer {
    const machineName = stateMachineArn?.split(":").at(-1) ?? "";
    const machine = machines.get(machineName);
    if (machine === undefined)
      return refusal("StateMachineDoesNotExist", `State Machine Does Not Exist: '${stateMachineArn}'`);
    const executionArn = `${prefix}:execution:${machineName}:${name}`;
    const before = executions.get(executionArn);
    if (before !== undefined && (before.status !== "RUNNING" || before.input !== input))
      return refusal("ExecutionAlreadyExists", `Execution Already Exists: '${executionArn}'`);
    if (before === undefined) executions.set(executionArn, run(machine, name ?? "", input ?? "{}", services));
    return { executionArn, startDate: Date.now() / 1000 };
  }

  function answer(operation: string, request: Record<string, string>): Answer {
    if (operation === "StartExecution") return start(request);
    const execution = executions.get(request["executionArn"] ?? "");
    if (execution === undefined)
      return refusal("ExecutionDoesNotExist", `Execution Does Not Exist: '${request["executionArn"]}'`);
    switch (operation) {
      case "DescribeExecution":
        return { executionArn: request["executionArn"], status: execution.status, input: execution.input };
      case "StopExecution":
        execution.stop({ error: request["error"], cause: request["cause"] });
        return { stopDate: Date.now() / 1000 };
      case "GetExecutionHistory": {
        const from = Number(request["nextToken"] ?? 0);
        const to = from + pageLength;
        const events = execution.events.slice(from, to);
        return { events, ...(execution.events.length > to && { nextToken: String(to) }) };
      }
      default:
        return refusal("UnknownOperationException", operation);
    }
  }

  const server = createServer(async (request, response) => {
    const operation = String(request.headers["x-amz-target"]).split(".").at(-1) ?? "";
    calls[operation] = (calls[operation] ?? 0) + 1;
    const said = answer(operation, JSON.parse(await bodyOf(request)));
    response.writeHead("__type" in said ? 400 : 200, { "content-type": "application/x-amz-json-1.0" });
    response.end(JSON.stringify(said));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    deploy: (name, machine) => void machines.set(name, machine),
    async stop() {
      for (const execution of executions.values()) execution.stop();
      server.closeAllConnections();
      server.close();
    },
  };
}

type Answer = Readonly<Record<string, unknown>>;

function refusal(name: string, message: string): Answer {
  return { __type: name, message };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body;
}
