import type { SFNClient } from "@aws-sdk/client-sfn";
import { GlacierError, type PipelineRun, type Plan } from "@glacier/core";
import { stableJson } from "@glacier/core/execute";
import type { Clients } from "./clients.ts";
import type { History } from "./history.ts";
import { serviceError } from "./service-errors.ts";

/** One execution of a deployed state machine. Errors: `OPTION_INVALID` for a start with other params, `NOT_FOUND`, `PERMISSION_DENIED`, `THROTTLED`, `UNAVAILABLE`. */
export interface Execution {
  start(run: PipelineRun, stateMachineArn: string): Promise<void>;
  /** Whether it has begun, and not ended. */
  isRunning(): Promise<boolean>;
  /** Reads the history as far as it goes. */
  look(): Promise<void>;
  /** What was read since the last call. */
  news(): HistoryEvents;
  stop(): Promise<void>;
}

export type HistoryEvents = Parameters<History["take"]>[0];

/** Sends nothing yet. */
export async function openExecution(
  machine: string,
  executionArn: string,
  plan: Plan,
  clients: Clients,
): Promise<Execution> {
  const { sdk, client } = await clients.sfn();
  const { pipeline } = plan;
  let last = 0;
  let page: string | undefined;
  let unheard: HistoryEvents[number][] = [];

  /** Sends one request; errors are GlacierErrors. */
  async function call<T>(what: string, action: string, send: (client: SFNClient) => Promise<T>): Promise<T> {
    try {
      return await send(client);
    } catch (error) {
      throw serviceError(error, {
        what: `${what} of state machine "${machine}"`,
        action: `states:${action} on state machine ${machine} and its executions`,
        missing: `pipeline "${pipeline}" is not deployed here: there is no state machine "${machine}"`,
        context: { pipeline },
      });
    }
  }

  return {
    async start({ runId, params }, stateMachineArn) {
      const input = JSON.stringify({ runId, params });
      const command = new sdk.StartExecutionCommand({ stateMachineArn, name: runId, input });
      await call("start an execution", "StartExecution", async (client) => {
        try {
          await client.send(command);
        } catch (error) {
          // Of a name with the same input that is under way, StartExecution answers as if it had started it.
          if ((error as Error).name !== "ExecutionAlreadyExists") throw error;
          const before = await client.send(new sdk.DescribeExecutionCommand({ executionArn }));
          if (!isStartOf(before.input, { runId, params })) throw startedOtherwise(runId);
        }
      });
    },

    async isRunning() {
      const describe = new sdk.DescribeExecutionCommand({ executionArn });
      const found = await call("find an execution", "DescribeExecution", (client) =>
        client.send(describe).catch((error: Error) => {
          if (error.name === "ExecutionDoesNotExist") return undefined;
          throw error;
        }),
      );
      return found?.status === "RUNNING";
    },

    async look() {
      for (;;) {
        const command = new sdk.GetExecutionHistoryCommand({
          executionArn,
          maxResults: 1000,
          ...(page !== undefined && { nextToken: page }),
        });
        const answer = await call("read an execution", "GetExecutionHistory", (client) =>
          client.send(command).catch((error: Error) => {
            if (error.name === "InvalidToken" && page !== undefined) return undefined;
            throw error;
          }),
        );
        if (answer === undefined) {
          // A page's token holds for a day: from the beginning again, past what was told already.
          page = undefined;
          continue;
        }
        for (const event of answer.events ?? []) {
          // The last page is asked for again: it may have grown.
          if ((event.id ?? 0) <= last) continue;
          last = event.id ?? last;
          unheard.push(event);
        }
        if (answer.nextToken === undefined) return;
        page = answer.nextToken;
      }
    },

    news() {
      const events = unheard;
      unheard = [];
      return events;
    },

    async stop() {
      const command = new sdk.StopExecutionCommand({
        executionArn,
        error: "CANCELLED",
        cause: "its run was cancelled",
      });
      await call("stop an execution", "StopExecution", (client) => client.send(command));
    },
  };
}

/** Whether an execution's input begins that run. One that the schedule started has neither id nor params. */
function isStartOf(input = "{}", run: Pick<PipelineRun, "runId" | "params">): boolean {
  const { runId = run.runId, params = {} } = JSON.parse(input) as Partial<typeof run>;
  return stableJson({ runId, params }) === stableJson(run);
}

function startedOtherwise(runId: string): GlacierError {
  return new GlacierError("OPTION_INVALID", {
    message: `run ${runId} was started with other params`,
    hint: "Give the params that it began with, to follow it; or another run id, to start a new one.",
    context: { runId },
  });
}
