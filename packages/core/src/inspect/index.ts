export { listRuns, type RunSummary } from "./list-runs.ts";
export { type OpenedDataset, openDataset } from "./open-dataset.ts";
