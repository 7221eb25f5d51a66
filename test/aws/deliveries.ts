import { createHmac } from "node:crypto";
import { compute, Dataset, type InvalidRow, ndjson, Pipeline, secret, storage, task, text } from "@glacier/core";
import { z } from "zod";
import { nodeImage } from "../services/docker.ts";

const Delivery = z.object({ id: z.string(), country: z.string(), weight: z.number().positive() });

const raw = new Dataset("raw_deliveries", {
  schema: Delivery,
  format: ndjson(),
  storage: storage.s3({ bucket: "acme-data", key: "deliveries.ndjson" }),
});
const deliveries = new Dataset("deliveries", { schema: Delivery, format: ndjson() });
const refused = new Dataset("refused", { format: ndjson<InvalidRow>() });
const countries = new Dataset<Record<string, number>>("countries");
const heaviest = new Dataset<string>("heaviest");
const signature = new Dataset("signature", { format: text() });
const counted = new Dataset("counted", { format: text() });
const letter = new Dataset("letter", {
  format: text(),
  storage: storage.s3({ bucket: "acme-results", prefix: "out" }),
});

/** The names of its secrets, with values that nothing may tell. */
export const secrets: Readonly<Record<string, string>> = {
  "signing-key": "open-sesame-71",
  "sender-name": "hidden-sender-72",
};

/** A row that the schema refuses is put aside. */
export const rows: string = [
  { id: "a", country: "NO", weight: 2.5 },
  { id: "b", country: "SE", weight: -1 },
  { id: "c", country: "SE", weight: 40 },
  { id: "d", country: "NO", weight: 11 },
]
  .map((row) => `${JSON.stringify(row)}\n`)
  .join("");

const image = compute.container({ image: nodeImage, memory: 512, cpu: 0.25 });

/** Functions and containers of both forms, several outputs, quarantine, secrets, a retry, and a parameter that breaks it. */
export const pipeline: Pipeline<"container", { broken?: boolean | undefined }> = new Pipeline(
  "deliveries",
  [
    task(
      "clean",
      { inputs: { raw }, output: deliveries, onInvalid: refused, retries: { max: 2, delay: 0.01 } },
      async function* ({ raw }, { attempt }) {
        if (attempt === 1) throw new Error("not at once");
        yield* raw;
      },
    ),
    task("sum", { inputs: { deliveries }, output: { countries, heaviest } }, async ({ deliveries }) => {
      const all = await deliveries.toArray();
      const byCountry: Record<string, number> = {};
      for (const { country, weight } of all) byCountry[country] = (byCountry[country] ?? 0) + weight;
      return { countries: byCountry, heaviest: all.sort((a, b) => b.weight - a.weight)[0]?.id ?? "" };
    }),
    task(
      "sign",
      { inputs: { countries }, output: signature, compute: image, secrets: { key: secret("signing-key") } },
      ({ countries }, { secrets, log }) => {
        log.info(`signing with ${secrets.key}`);
        return createHmac("sha256", secrets.key).update(JSON.stringify(countries)).digest("hex");
      },
    ),
    task.command("count", {
      inputs: { deliveries },
      output: counted,
      compute: image,
      command: ["sh", "-c", 'wc -l < "$GLACIER_INPUT_DELIVERIES" > "$GLACIER_OUTPUT_OUTPUT"'],
    }),
    task(
      "tell",
      {
        inputs: { signature, counted, heaviest },
        output: letter,
        secrets: { sender: secret("sender-name") },
        params: z.object({ broken: z.boolean().optional() }),
      },
      ({ signature, counted, heaviest }, { params, secrets }) => {
        if (params.broken === true) throw new RangeError(`no letter from ${secrets.sender}`);
        return `${counted.trim()} deliveries, the heaviest ${heaviest}; signed ${signature}\n`;
      },
    ),
  ],
  { module: import.meta.url, schedule: "0 3 * * *" },
);
