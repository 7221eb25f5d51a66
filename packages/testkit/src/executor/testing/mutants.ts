import { type Executor, GlacierError, type Registry } from "@glacier/core";
import type { ExecutorCase } from "../test-executor.ts";
import { inProcess } from "./in-process.ts";
import { called, emitting, type Given, given, mutate } from "./mutate.ts";

/** An executor with one defect, and the cases that must see it. */
export interface Mutant {
  create(given: Given): Executor;
  readonly seenBy: readonly [ExecutorCase, ...ExecutorCase[]];
}

export const mutants: Readonly<Record<string, Mutant>> = {
  "swallows failures": {
    create: mutate(
      (execute) =>
        (...call) =>
          execute(...call).catch(() => {}),
    ),
    seenBy: ["a handler that throws: TASK_FAILED, with its message and place", "retries have an end"],
  },
  "loses an error's place": {
    create: mutate(
      (execute) =>
        (...call) =>
          execute(...call).catch((error: GlacierError) => {
            const { code, message, hint, context } = error;
            throw new GlacierError(code, { message, hint, context });
          }),
    ),
    seenBy: ["a handler that throws: TASK_FAILED, with its message and place"],
  },
  "has one code for every error": {
    create: mutate(
      (execute) =>
        (...call) =>
          execute(...call).catch((cause: Error) => {
            throw new GlacierError("INTERNAL", { message: cause.message, hint: "", cause });
          }),
    ),
    seenBy: [
      "a handler that throws no Error: TASK_FAILED all the same",
      "a failed attempt is repeated until one succeeds",
      "a row that doesn't fit: DATA_INVALID names dataset and row",
      "a secret that isn't there: SECRET_MISSING names it",
      "a command that fails: COMMAND_FAILED, with exit code and last words",
    ],
  },
  "takes a stop for success": {
    create: mutate((execute) => (invocation, context) => {
      const stopped = new Promise<void>((resolve) =>
        context.signal.addEventListener("abort", () => resolve(), { once: true }),
      );
      return Promise.race([execute(invocation, context), stopped]);
    }),
    seenBy: [
      "a timeout ends an attempt",
      "a cancelled run keeps what is committed, publishes nothing more, and can be resumed",
      "the first failure stops what runs beside it",
    ],
  },
  "ignores the signal": {
    create: given({ signal: new AbortController().signal }),
    seenBy: ["a timeout ends an attempt that ignores its signal", "the first failure stops what runs beside it"],
  },
  "runs one task at a time": {
    create(secrets) {
      let last: Promise<unknown> = Promise.resolve();
      return mutate((execute) => (...call) => {
        const mine = last.then(() => execute(...call));
        last = mine.catch(() => {});
        return mine;
      })(secrets);
    },
    seenBy: ["independent tasks run side by side"],
  },
  "answers before the task is done": {
    create: mutate(
      (execute) =>
        async (...call) =>
          void execute(...call).catch(() => {}),
    ),
    seenBy: ["no more attempts run side by side than the run allows", "a task succeeds: its output is committed"],
  },
  "runs every attempt twice": {
    create: mutate((execute) => async (...call) => {
      await execute(...call);
      await execute(...call);
    }),
    seenBy: [
      "a wide graph: each task runs once, after those that it takes from",
      "a failed attempt is repeated until one succeeds",
      "values go from task to task",
    ],
  },
  "calls every attempt the first": {
    create: called({ attempt: 1 }),
    seenBy: ["a failed attempt is repeated until one succeeds", "events come in order, however a run ends"],
  },
  "gives a run another id": {
    create: called({ runId: "another" }),
    seenBy: ["a handler knows its run, task, attempt and tenant", "a task succeeds: its output is committed"],
  },
  "drops params": {
    create: called({ params: {} }),
    seenBy: ["params reach a handler as its schema makes them"],
  },
  "forgets the tenant": {
    create: mutate((execute) => (invocation, context) => {
      const { tenant: _, ...plan } = context.plan;
      return execute(invocation, { ...context, plan });
    }),
    seenBy: ["a handler knows its run, task, attempt and tenant", "tenants see nothing of each other"],
  },
  "loses logs": {
    create: emitting((event) => (event.type === "log" ? [] : [event])),
    seenBy: ["logs arrive with level and fields, in order", "independent tasks run side by side"],
  },
  "has one level for all logs": {
    create: emitting((event) => [event.type === "log" ? { ...event, level: "info" } : event]),
    seenBy: ["logs arrive with level and fields, in order"],
  },
  "splits messages at line ends": {
    create: emitting((event) =>
      event.type === "log" ? event.message.split("\n").map((message) => ({ ...event, message })) : [event],
    ),
    seenBy: ["logs arrive with level and fields, in order"],
  },
  "keeps reads to itself": {
    create: emitting((event) => (event.type === "dataset.read" ? [] : [event])),
    seenBy: ["a deep graph: each task runs once, after those that it takes from"],
  },
  "counts wrong": {
    create: emitting((event) => [event.type === "dataset.written" ? { ...event, bytes: event.bytes + 1 } : event]),
    seenBy: ["bytes go from task to task", "no rows at all are a dataset too"],
  },
  "takes all data for text": {
    create: mutate((execute) => (invocation, context) => {
      const storage: Registry["storage"] = (resource) => {
        const adapter = context.registry.storage(resource);
        return { ...adapter, write: (key, body, options) => adapter.write(key, asText(body), options) };
      };
      return execute(invocation, { ...context, registry: { ...context.registry, storage } });
    }),
    seenBy: [
      "bytes go from task to task",
      "a stream of unknown size goes from task to task",
      "files go from task to task",
    ],
  },
  "tells events late": {
    create: mutate(
      (execute) => (invocation, context) =>
        execute(invocation, {
          ...context,
          emit: (event) => setImmediate(() => setImmediate(() => context.emit(event))),
        }),
    ),
    seenBy: ["events come in order, however a run ends"],
  },
  "tells dates": {
    create: emitting((event) => [{ ...event, time: new Date(event.time) as never }]),
    seenBy: ["events come in order, however a run ends"],
  },
  "has no secrets": {
    create: () => inProcess({ secrets: {} }),
    seenBy: ["secrets reach the handler, and nobody else"],
  },
  "logs secrets": {
    create: (given) =>
      emitting((event) => [event.type === "log" ? { ...event, message: Object.values(given.secrets).join() } : event])(
        given,
      ),
    seenBy: ["secrets are masked in logs and errors", "a command reads files and writes files"],
  },
  "shows secrets in an error's cause": {
    create: (given) =>
      mutate(
        (execute) =>
          (...call) =>
            execute(...call).catch((error: GlacierError) => {
              const { code, message, hint, context } = error;
              const cause = Object.assign(error.cause as Error, { request: { headers: Object.values(given.secrets) } });
              throw new GlacierError(code, { message, hint, context, cause });
            }),
      )(given),
    seenBy: ["secrets are masked in logs and errors"],
  },
  "keeps secrets beside its manifests": {
    create: (given) =>
      mutate((execute) => async (invocation, context) => {
        const body = new Blob(Object.values(given.secrets)).stream();
        await context.registry.storage(context.plan.state).write("invocation.json", body);
        await execute(invocation, context);
      })(given),
    seenBy: ["secrets reach the handler, and nobody else"],
  },
  "binds datasets to other keys": {
    create: (given) => ({
      ...inProcess(given),
      bind: async (plan) => ({
        ...plan,
        datasets: plan.datasets.map((dataset) => ({ ...dataset, key: `deployed/${dataset.key}` })),
      }),
    }),
    seenBy: ["a plan that is bound differs in its storage only, where there is a bind"],
  },
  "leaves something running": {
    create: mutate((execute) => (...call) => {
      const ticking = setInterval(() => {}, 1000);
      setTimeout(() => clearInterval(ticking), 8000);
      return execute(...call);
    }),
    seenBy: ["nothing is left running after a run"],
  },
};

async function* asText(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  for await (const chunk of body) yield encoder.encode(decoder.decode(chunk, { stream: true }));
}
