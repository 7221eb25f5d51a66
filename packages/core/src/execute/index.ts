export { executeTask } from "./execute-task.ts";
export { Redactor } from "./redact.ts";
