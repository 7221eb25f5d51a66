export { executeTask } from "./execute-task.ts";
export { isRemote, markRemote } from "./is-remote.ts";
export { Redactor } from "./redact.ts";
export {
  outputLog,
  type RemoteSite,
  type RemoteTask,
  remoteTask,
  runRemote,
  secretsOf,
  withoutModule,
} from "./remote.ts";
