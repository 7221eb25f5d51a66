export { stableJson } from "../json.ts";
export { limitOf, ofTask } from "../run/limit.ts";
export { writePins } from "../run/pins.ts";
export { raceAbort, sleep } from "../stream/abort.ts";
export { executeTask } from "./execute-task.ts";
export { isRemote, markRemote } from "./is-remote.ts";
export { jsonLine } from "./json-line.ts";
export { Redactor } from "./redact.ts";
export {
  findPipeline,
  findProvider,
  loadDeployed,
  outputLog,
  type RemoteSite,
  type RemoteTask,
  remoteTask,
  runRemote,
  secretsOf,
  withoutModule,
} from "./remote.ts";
export { beginRun, finishRun, hasAttempts, type RemoteRun, type RemoteSource } from "./remote-run.ts";
export { type AttemptSite, type RemoteAttempt, runAttempt } from "./run-attempt.ts";
export { keepAlive, unsettled } from "./unsettled.ts";
