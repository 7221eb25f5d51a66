export { executeTask } from "./execute-task.ts";
export { Redactor } from "./redact.ts";
export {
  isRemote,
  markRemote,
  outputLog,
  type RemoteSite,
  type RemoteTask,
  remoteTask,
  runRemote,
  secretsOf,
  withoutModule,
} from "./remote.ts";
