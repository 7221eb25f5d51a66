import type { ExecutionContext, Executor, RunEvent, TaskInvocation } from "@glacier/core";
import { inProcess } from "./in-process.ts";

export type Given = Parameters<typeof inProcess>[0];
type Execute = Executor["execute"];

/** The sound executor, with another way to run an attempt. */
export function mutate(defect: (execute: Execute) => Execute): (given: Given) => Executor {
  return (given) => {
    const sound = inProcess(given);
    return { ...sound, execute: defect(sound.execute) };
  };
}

/** One that calls attempts with something else. */
export function called(other: Partial<TaskInvocation>): (given: Given) => Executor {
  return mutate((execute) => (invocation, context) => execute({ ...invocation, ...other }, context));
}

/** One that surrounds attempts with something else. */
export function given(other: Partial<ExecutionContext>): (given: Given) => Executor {
  return mutate((execute) => (invocation, context) => execute(invocation, { ...context, ...other }));
}

/** One that tells other events. */
export function emitting(change: (event: RunEvent) => readonly RunEvent[]): (given: Given) => Executor {
  return mutate(
    (execute) => (invocation, context) =>
      execute(invocation, { ...context, emit: (event) => change(event).forEach(context.emit) }),
  );
}
