export { attemptWriter, manifestKey, pinsKey, runsPrefix } from "../run/state.ts";
export { type Cron, type CronField, type CronPart, lastDay, parseCron } from "./cron.ts";
export { isJson, isJsonObject } from "./json.ts";
export { refusal } from "./refusal.ts";
export { type Barrier, type Decomposition, type SeriesParallel, seriesParallel } from "./series-parallel.ts";
