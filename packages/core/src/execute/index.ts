export { executeTask } from "./execute-task.ts";
