import { Dataset, ndjson, storage } from "@glacier/core";
import { parquet } from "@glacier/formats";
import { z } from "zod";

const Order = z.object({ id: z.string(), country: z.string(), amount: z.number() });

// A source: no task makes it, so it says where it is.
export const rawOrders = new Dataset("raw_orders", {
  schema: Order,
  format: ndjson(),
  storage: storage.localFs({ basePath: "data", key: "orders.ndjson" }),
});
// Where these are stored is decided by whoever runs the pipeline: ./.glacier on this machine.
// Parquet's columns and their types follow from the schema; DuckDB, pandas and Spark read the file as it is.
export const cleanOrders = new Dataset("clean_orders", { schema: Order, format: parquet() });
export const revenue = new Dataset("revenue", { schema: z.record(z.string(), z.number()) });
