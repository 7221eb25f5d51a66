import type { RunEvent, SerializedError } from "@glacier/core";
import type { RemoteTask } from "@glacier/core/execute";

/** What a pod reads of its attempt; compressed JSON in a Secret. */
export interface PodCall {
  readonly task: RemoteTask;
  readonly secrets: Readonly<Record<string, string>>;
  /** Starts each line of the log that is for Glacier and not the task's own output. */
  readonly mark: string;
}

/** How an attempt ended, in its own words. */
export type PodAnswer = { readonly done: true } | { readonly failed: SerializedError };

/** What a pod says; an answer is the last. */
export type PodSaying = { readonly event: RunEvent } | PodAnswer;

/** The same in a line of the log, counted from 1: a log that is opened again is read from its beginning. */
export type PodMessage = PodSaying & { readonly number: number };

/** Where things are in a pod. */
export const paths = {
  /** Folder of the code's ConfigMap. */
  code: "/glacier/code",
  codeFile: "code.json.gz",
  /** Folder of the call's Secret. */
  call: "/glacier/call",
  callFile: "call.json.gz",
  /** Of code that is in no ConfigMap: a URL to fetch it from. */
  urlFile: "code-url",
  /** Kubernetes' own default. */
  message: "/dev/termination-log",
} as const;
