import { expectTypeOf } from "vitest";
import { z } from "zod";
import {
  type AnyDataset,
  bytes,
  compute,
  Dataset,
  type Executor,
  file,
  type InvalidRow,
  json,
  type Log,
  ndjson,
  Pipeline,
  type Rows,
  secret,
  type Task,
  task,
  text,
} from "../index.ts";

const Order = z.object({ id: z.string(), amount: z.number() });
type Order = z.infer<typeof Order>;

const raw = new Dataset("raw", { schema: Order, format: ndjson() });
const clean = new Dataset("clean", { schema: z.array(Order) });
const revenue = new Dataset<Record<string, number>>("revenue");
const report = new Dataset("report", { format: text() });
const blob = new Dataset("blob", { format: bytes() });
const model = new Dataset("model", { format: file({ extension: "bin" }) });
const lines = new Dataset("lines", { format: ndjson<{ line: string }>() });
const byHand = new Dataset<Order, "rows">("by_hand", { format: ndjson() });
const coerced = new Dataset("coerced", {
  schema: z.object({ day: z.string().transform((day) => new Date(day)) }),
  format: ndjson(),
});

// A dataset's shape and types come from its format and schema.
expectTypeOf(raw).toEqualTypeOf<Dataset<Order, "rows", Order>>();
expectTypeOf(clean).toEqualTypeOf<Dataset<Order[], "value", Order[]>>();
expectTypeOf(revenue["~read"]).toEqualTypeOf<Record<string, number>>();
expectTypeOf(report["~read"]).toEqualTypeOf<string>();
expectTypeOf(lines["~read"]).toEqualTypeOf<Rows<{ line: string }>>();
expectTypeOf(byHand["~read"]).toEqualTypeOf<Rows<Order>>();
expectTypeOf(coerced["~read"]).toEqualTypeOf<Rows<{ day: Date }>>();
expectTypeOf(coerced["~write"]).toEqualTypeOf<Iterable<{ day: string }> | AsyncIterable<{ day: string }>>();
expectTypeOf(raw).toExtend<AnyDataset>();

// @ts-expect-error a rows dataset needs a rows format
new Dataset<Order, "rows">("x", { format: json() });
// @ts-expect-error the schema's type is not what was asked for
new Dataset<number>("x", { schema: z.string() });

// The handler's parameters follow from the signature.
task("a", { inputs: { raw, clean, report, blob, model }, output: revenue }, (inputs, ctx) => {
  expectTypeOf(inputs.raw).toEqualTypeOf<Rows<Order>>();
  expectTypeOf(inputs.clean).toEqualTypeOf<Order[]>();
  expectTypeOf(inputs.report).toEqualTypeOf<string>();
  expectTypeOf(inputs.blob).toEqualTypeOf<ReadableStream<Uint8Array>>();
  expectTypeOf(inputs.model).toEqualTypeOf<string>();
  expectTypeOf(ctx.signal).toEqualTypeOf<AbortSignal>();
  expectTypeOf(ctx.runId).toEqualTypeOf<string>();
  expectTypeOf(ctx.attempt).toEqualTypeOf<number>();
  expectTypeOf(ctx.tenant).toEqualTypeOf<string | undefined>();
  expectTypeOf(ctx.log).toEqualTypeOf<Log>();
  return {};
});

task("b", { inputs: { clean }, output: revenue }, ({ clean }) => {
  // @ts-expect-error a wrong field
  clean[0]?.amuont;
  return {};
});

// @ts-expect-error an input that was not declared
task("c", { inputs: { clean }, output: revenue }, ({ orders }) => ({}));

// @ts-expect-error a wrong return type
task("d", { inputs: { clean }, output: revenue }, () => ({ total: "1" }));

// @ts-expect-error a wrong return type behind a promise
task("e", { inputs: { clean }, output: report }, async () => 1);

// A rows output takes arrays, iterables and generators, of the right rows.
task("f", { inputs: { raw }, output: byHand }, async function* ({ raw }) {
  for await (const order of raw) yield { ...order, amount: 1 };
});
task("g", { inputs: { raw }, output: byHand }, async ({ raw }) =>
  (await raw.toArray()).filter((order) => order.amount > 0),
);
task("h", { inputs: { raw }, output: byHand }, ({ raw }) => raw);
task("i", { output: byHand }, () => [{ id: "1", amount: 1 }]);
// @ts-expect-error a generator of wrong rows
task("j", { output: byHand }, async function* () {
  yield { id: 1 };
});

// Several outputs come back as a record.
task("k", { inputs: { raw }, output: { byHand, revenue } }, () => ({ byHand: [], revenue: { de: 1 } }));
// @ts-expect-error an output is missing
task("l", { inputs: { raw }, output: { byHand, revenue } }, () => ({ byHand: [] }));

// Params and secrets are typed in ctx.
task(
  "m",
  { output: report, params: z.object({ day: z.string() }), secrets: { apiKey: secret("api-key") } },
  (_, ctx) => {
    expectTypeOf(ctx.params).toEqualTypeOf<{ day: string }>();
    expectTypeOf(ctx.secrets.apiKey).toEqualTypeOf<string>();
    // @ts-expect-error a secret that was not declared
    ctx.secrets.password;
    return "";
  },
);

// @ts-expect-error a quarantine takes InvalidRow
task("n", { inputs: { raw }, output: report, onInvalid: byHand }, () => "");
task(
  "o",
  { inputs: { raw }, output: report, onInvalid: new Dataset("bad", { format: ndjson<InvalidRow>() }) },
  () => "",
);

// A command needs a program.
task.command("p", { inputs: { raw }, output: report, command: ["wc", "-l"] });
// @ts-expect-error no program
task.command("q", { output: report, command: [] });

// Compute kinds and params add up in the pipeline.
const one = task(
  "one",
  { output: report, compute: compute.local({ workers: 2 }), params: z.object({ day: z.string() }) },
  () => "",
);
const two = task(
  "two",
  { output: revenue, compute: compute.serverless(), params: z.object({ region: z.string() }) },
  () => ({}),
);
const three = task("three", { output: blob }, () => new Uint8Array());
expectTypeOf(one).toEqualTypeOf<Task<Record<never, never>, typeof report, "local", { day: string }>>();

const pipeline = new Pipeline("p", [one, two, three]);
expectTypeOf(pipeline).toEqualTypeOf<Pipeline<"local" | "serverless", { day: string } & { region: string }>>();
const plain = new Pipeline("plain", [three]);
expectTypeOf(plain).toEqualTypeOf<Pipeline<never, unknown>>();
const relaxed = new Pipeline("relaxed", [
  task("r", { output: report, params: z.object({ day: z.string().optional() }) }, () => ""),
]);

declare const everything: Executor<"local" | "container" | "serverless">;
declare const cloud: Executor<"container" | "serverless">;
const params = { day: "d", region: "r" };

pipeline.run({ executor: everything, params });
// @ts-expect-error "this executor cannot run local compute"
pipeline.run({ executor: cloud, params });
// @ts-expect-error params are required
pipeline.run({ executor: everything });
// @ts-expect-error a parameter is missing
pipeline.run({ executor: everything, params: { day: "d" } });
// @ts-expect-error a parameter of a wrong type
pipeline.run({ executor: everything, params: { ...params, day: 1 } });
// A task without compute asks nothing of the executor.
plain.run({ executor: cloud });
relaxed.run({ executor: cloud });
relaxed.run({ executor: cloud, params: { day: "d" } });

// A parameter with a default may be left out of the run, and is there in the handler.
const defaulted = task("s", { output: report, params: z.object({ days: z.number().default(7) }) }, (_, ctx) => {
  expectTypeOf(ctx.params).toEqualTypeOf<{ days: number }>();
  return "";
});
new Pipeline("defaulted", [defaulted]).run({ executor: cloud });
new Pipeline("defaulted", [defaulted]).run({ executor: cloud, params: { days: 1 } });
// @ts-expect-error a parameter of a wrong type
new Pipeline("defaulted", [defaulted]).run({ executor: cloud, params: { days: "1" } });

// A task's handler can be called in a unit test.
const double = task("t", { inputs: { revenue }, output: revenue }, ({ revenue }) => revenue);
expectTypeOf(double.handler).parameter(0).toEqualTypeOf<{ readonly revenue: Record<string, number> }>();

// Tasks declared in place don't take each other's params away.
const inPlace = new Pipeline("in_place", [
  task("u", { output: report }, () => ""),
  task("v", { output: revenue, params: z.object({ day: z.string() }) }, () => ({})),
]);
expectTypeOf(inPlace).toEqualTypeOf<Pipeline<never, { day: string }>>();
export const annotated: Pipeline<"local"> = new Pipeline("annotated", [
  task("w", { output: report, compute: compute.local() }, () => ""),
  task("x", { output: blob }, () => new Uint8Array()),
]);
