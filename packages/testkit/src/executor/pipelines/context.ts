import { type AnyPipeline, Dataset, type Json, ndjson, Pipeline, task } from "@glacier/core";
import { schemaOf } from "./schema.ts";

const here = { module: import.meta.url };

interface Given {
  day: string;
  limit: string;
}

const params = schemaOf<Given, { day: Date; limit: number }>((value) => {
  const { day, limit } = value as Given;
  if (Number.isNaN(Date.parse(day))) throw new Error("day is no date");
  return { day: new Date(day), limit: Number(limit) };
});

/** Says what its schema made of the run's params. */
export const parameterised: AnyPipeline = new Pipeline(
  "kit_params",
  [
    task("typed", { output: new Dataset<Json>("typed"), params }, (_, { params }) => ({
      day: params.day instanceof Date ? params.day.getTime() : "no Date",
      limit: typeof params.limit === "number" ? params.limit : "no number",
    })),
    task("raw", { output: new Dataset<Json>("raw") }, (_, { params }) => params as Json),
  ],
  here,
);

/** Says what it knows of itself. */
export const knowing: AnyPipeline = new Pipeline(
  "kit_context",
  [
    task("look", { output: new Dataset<Json>("seen") }, (_, ctx) => ({
      runId: ctx.runId,
      task: ctx.task,
      attempt: ctx.attempt,
      tenant: ctx.tenant ?? null,
      signal: ctx.signal instanceof AbortSignal && !ctx.signal.aborted,
    })),
  ],
  here,
);

const mine = new Dataset<Json>("mine");
/** Hands on what its params say. */
export const tenanted: AnyPipeline = new Pipeline(
  "kit_tenants",
  [
    task("make", { output: mine }, (_, { params, tenant }) => ({ params: params as Json, tenant: tenant ?? null })),
    task("take", { inputs: { mine }, output: new Dataset<Json>("taken") }, ({ mine }) => mine),
  ],
  here,
);

/** What a log has to carry: one message a line here. */
export const awkwardMessages: readonly string[] = [
  "",
  "two\nlines",
  "Zürich 東京 🧊",
  "\u2028 and \u2029",
  'quotes " and \\ and {"json":true}',
  "x".repeat(10_000),
];
export const someFields: Readonly<Record<string, Json>> = { rows: 3, deep: { list: [1, "two", null, true] } };
export const logCount = 200;

export const logging: AnyPipeline = new Pipeline(
  "kit_logging",
  [
    task("levels", { output: new Dataset<number>("levels") }, (_, { log }) => {
      log.debug("at debug", someFields);
      log.info("at info", someFields);
      log.warn("at warn", someFields);
      log.error("at error", someFields);
      return 1;
    }),
    task("awkward", { output: new Dataset<number>("awkward") }, (_, { log }) => {
      for (const message of awkwardMessages) log.info(message);
      return 1;
    }),
    task("many", { output: new Dataset<number>("many") }, async (_, { log }) => {
      for (let n = 0; n < logCount; n++) {
        log.info(`line ${n}`);
        if (n % 50 === 0) await Promise.resolve();
      }
      return 1;
    }),
  ],
  here,
);

interface Order {
  id: number;
}

/** A source whose rows have a numeric id. */
export const orders: Dataset<Order, "rows"> = new Dataset("orders", {
  format: ndjson(),
  schema: schemaOf<Order, Order>((value) => {
    if (typeof (value as Order).id !== "number") throw new Error("id is no number");
    return value as Order;
  }),
});

/** Reads a source. */
export const reading: AnyPipeline = new Pipeline(
  "kit_reading",
  [
    task("read", { inputs: { orders }, output: new Dataset<number>("count") }, async ({ orders }, { log }) => {
      log.info("reading");
      return (await orders.toArray()).length;
    }),
  ],
  here,
);
