export { attemptWriter, manifestKey, pinsKey, runsPrefix } from "../run/state.ts";
export { type Barrier, type Decomposition, type SeriesParallel, seriesParallel } from "./series-parallel.ts";
