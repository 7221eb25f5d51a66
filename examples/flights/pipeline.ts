import { Pipeline } from "@glacier/core";
import * as tasks from "./tasks.ts";

/** When do flights leave late, from where, and does the weather have a part in it? */
export const pipeline = new Pipeline("flights", Object.values(tasks), {
  module: import.meta.url,
  schedule: "0 3 * * *",
});
