// Runs the pipeline in the folder named first, as the run "r": anew, or where an earlier process was killed.
import { existsSync } from "node:fs";
import { isGlacierError } from "@glacier/core";
import { LocalExecutor } from "@glacier/local";
import { pipeline } from "./pipeline.ts";

const folder = process.argv[2] ?? "";
const executor = new LocalExecutor({ storage: `${folder}/out` });
const begun = existsSync(`${folder}/out/.glacier/runs/crash/r`);

process.stdout.write("ready\n");
try {
  await pipeline.run({ executor, ...(begun ? { resume: "r" } : { runId: "r" }) });
} catch (error) {
  // Killed between making the run's folder and its first segment: nothing has begun.
  if (!begun || !isGlacierError(error, "RUN_NOT_FOUND")) throw error;
  await pipeline.run({ executor, runId: "r" });
}
process.stdout.write("done\n");
