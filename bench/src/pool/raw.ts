import { parentPort } from "node:worker_threads";

parentPort?.on("message", (value: number) => parentPort?.postMessage(value + 1));
