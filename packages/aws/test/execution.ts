import { ExecutionError, StateMachine, type StateMachineDefinition } from "aws-local-stepfunctions";
import type { CaughtError } from "../src/deployment.ts";
import type { Chain } from "./aws-file.ts";

/** Does what a task state asks for; `attempt` counts from 1. Throws {@link taskError} where it fails. */
export type Call = (parameters: Parameters, state: string, attempt: number) => Promise<object>;

/** Of a task state, worked out. */
export type Parameters = Readonly<Record<string, unknown>>;

/** How an execution ended. */
export interface Ended {
  readonly output?: unknown;
  readonly error?: CaughtError;
}

/** Runs a state machine in an interpreter of Amazon States Language. Retries wait for no time. */
export async function execute(definition: Chain, name: string, input: object, call: Call): Promise<Ended> {
  const states = taskStates(definition);
  const attempts = new Map<string, number>();
  const handler = (state: string) => (parameters: Parameters) => {
    const attempt = (attempts.get(state) ?? 0) + 1;
    attempts.set(state, attempt);
    return call(parameters, state, attempt);
  };
  const overrides = {
    taskResourceLocalHandlers: Object.fromEntries(states.map((state) => [state, handler(state)])),
    retryIntervalOverrides: Object.fromEntries(retriedStates(definition).map((state) => [state, 0])),
  };
  // It doesn't count retries, so this is the first attempt's; `call` is told the number.
  const context = { Execution: { Name: name }, State: { RetryCount: 0 } };
  // asl-validator is the tests' own to call.
  const machine = new StateMachine(definition as unknown as StateMachineDefinition, {
    validationOptions: { noValidate: true },
  });
  try {
    return { output: await machine.run(input as never, { overrides, context } as never).result };
  } catch (thrown) {
    if (!(thrown instanceof ExecutionError)) throw thrown;
    const { name: Error_, message } = thrown.cause as Error;
    return { error: { Error: Error_, Cause: message } };
  }
}

/** A failure of a task state, as a state machine sees it. */
export function taskError({ Error: name, Cause }: CaughtError): Error {
  return Object.assign(new Error(Cause), { name });
}

function retriedStates({ States }: Chain): string[] {
  return Object.entries(States).flatMap(([name, { Retry, Branches = [] }]) => [
    ...(Retry === undefined ? [] : [name]),
    ...Branches.flatMap(retriedStates),
  ]);
}

function taskStates({ States }: Chain): string[] {
  return Object.entries(States).flatMap(([name, { Type, Branches = [] }]) =>
    Type === "Task" ? [name] : Branches.flatMap(taskStates),
  );
}
