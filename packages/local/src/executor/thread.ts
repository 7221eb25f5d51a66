// The module of a worker thread: answers the calls of threads.ts.
import { workerData } from "node:worker_threads";
import type { RunEvent } from "@glacier/core";
import { type RemoteTask, runRemote } from "@glacier/core/execute";
import { nodeRuntime } from "@glacier/core/node";
import { serve } from "../pool/index.ts";
import { portChannel, remoteMemory } from "../storage/index.ts";
import { providersHere } from "./here.ts";
import type { ThreadData } from "./threads.ts";

const runtime = nodeRuntime();
const providers = providersHere(remoteMemory(portChannel((workerData as ThreadData).memory)));

serve<RemoteTask, void, RunEvent>((task, { signal, send }) =>
  runRemote(task, { signal, emit: (event) => send(event), runtime, providers }),
);
