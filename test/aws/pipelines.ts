import {
  bytes,
  compute,
  Dataset,
  file,
  ndjson,
  Pipeline,
  type StorageResource,
  secret,
  storage,
  task,
  text,
} from "@glacier/core";
import { pipeline as flights } from "../../examples/flights/pipeline.ts";

export { flights };

/** The flights example's sources, in a bucket. */
export const flightsInS3: Readonly<Record<string, StorageResource>> = {
  raw_flights: storage.s3({ bucket: "acme-data", prefix: "raw", key: "flights-20k.json" }),
  raw_airports: storage.s3({ bucket: "acme-data", prefix: "raw", key: "airports.csv" }),
  raw_weather: storage.s3({ bucket: "acme-data", prefix: "raw", key: "weather.csv" }),
};

const raw = new Dataset("raw", {
  format: ndjson<{ id: string }>(),
  storage: storage.s3({ bucket: "acme-data", key: `raw/\${day}*.ndjson` }),
});
const rows = new Dataset("rows", { format: ndjson<{ id: string }>() });
const refused = new Dataset("refused", { format: ndjson<never>() });
const model = new Dataset("model", { format: file({ extension: "bin" }) });
const scores = new Dataset("scores", {
  format: bytes(),
  storage: storage.s3({ bucket: "acme-results", prefix: "scores/" }),
});
const summary = new Dataset("summary", { format: text() });
const notes = new Dataset("notes", { format: text() });

/** A pipeline with everything that becomes a resource of its own, or that has to be escaped. */
export const everything: Pipeline = new Pipeline(
  "everything-there-is",
  [
    task(
      "read-rows",
      {
        inputs: { raw },
        output: rows,
        onInvalid: refused,
        retries: { max: 3, delay: 2, jitter: 0.5 },
        timeout: 60,
        secrets: { key: secret("api-key") },
      },
      async function* () {},
    ),
    task.command("train", {
      inputs: { rows },
      output: model,
      compute: compute.container({ image: "python:3.13", cpu: 1, memory: 3000, env: { EPOCHS: "3" } }),
      command: ["python", "train.py"],
      retries: 1,
      timeout: 3600,
    }),
    task(
      "score",
      { inputs: { rows, model }, output: scores, compute: compute.container({ image: "node:24" }) },
      () => new Uint8Array(),
    ),
    task(
      "note",
      { inputs: { raw }, output: notes, compute: compute.serverless({ memory: 256, env: { MARK: `\${x} %{y}` } }) },
      () => "",
    ),
    task("sum_up", { inputs: { scores, notes }, output: summary }, () => ""),
  ] as never,
  { schedule: { cron: "30 2 1,15 * mon-fri", timeZone: "Europe/Berlin" } },
) as never;
