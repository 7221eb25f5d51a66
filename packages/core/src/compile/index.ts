export { attemptWriter, manifestKey, pinsKey, runsPrefix } from "../run/state.ts";
export { type CronField, type CronPart, invalidCron, parseCron } from "./cron.ts";
export { isJson, isJsonObject } from "./json.ts";
export { refusal } from "./refusal.ts";
export { type Barrier, type Decomposition, type SeriesParallel, seriesParallel } from "./series-parallel.ts";
