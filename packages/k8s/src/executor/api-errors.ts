import { describeThrown, type ErrorCode, type ErrorContext, GlacierError, isGlacierError } from "@glacier/core";
import type { Cluster } from "./cluster.ts";

/** What was tried when the API server refused. */
export interface Call {
  /** What can't be done: `create the Job of task "clean"`. */
  readonly what: string;
  readonly context?: ErrorContext;
}

/** What the server answers instead of an object: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
interface Status {
  readonly message?: string;
  readonly reason?: string;
}

/** How policies refuse: those of webhooks (Gatekeeper, Kyverno), and the cluster's own. */
export const deniedByPolicy: RegExp = /denied (the )?request/i;
export const policyHint =
  "A policy of the cluster forbids it: the message says what to change, in { pod } or the task's compute.";

/**
 * Any error of a call to the cluster. Of the client's own only the status goes on: it also holds headers and whole requests.
 * Errors: `PERMISSION_DENIED`, `NOT_FOUND`, `UNSCHEDULABLE` for an exceeded quota, `THROTTLED`, `UNAVAILABLE`, `OPTION_INVALID`
 * for what the server finds invalid.
 */
export function apiError(
  thrown: unknown,
  { namespace, server }: Pick<Cluster, "namespace" | "server">,
  call: Call,
): GlacierError {
  if (isGlacierError(thrown)) return thrown;
  const status = statusOf(thrown);
  const said = wordsOf(thrown, status);
  const failed = (code: ErrorCode, hint: string): GlacierError =>
    new GlacierError(code, {
      message: `can't ${call.what} in namespace "${namespace}": ${said}`,
      hint,
      cause: new Error(said),
      context: { ...call.context, ...(status !== undefined && { status }) },
    });
  switch (status) {
    case undefined:
      if (/no such host|ENOTFOUND|ECONNREFUSED|certificate|self.signed/i.test(said)) {
        return failed(
          "UNAVAILABLE",
          `No cluster answers at ${server}: check the kubeconfig, the context and the network.`,
        );
      }
      return failed("UNAVAILABLE", `Check the network, and the cluster at ${server}.`);
    case 401:
      return failed(
        "PERMISSION_DENIED",
        "The credentials have expired or are unknown to the cluster: sign in again, and check the kubeconfig's user.",
      );
    case 403:
      if (/exceeded quota/i.test(said)) {
        return failed(
          "UNSCHEDULABLE",
          "Raise the namespace's ResourceQuota, or lower the tasks' cpu and memory or the run's concurrency.",
        );
      }
      if (/being terminated/i.test(said)) {
        return failed(
          "UNAVAILABLE",
          "The namespace is being deleted: wait until it is gone, or name another: { namespace }.",
        );
      }
      if (deniedByPolicy.test(said)) return failed("PERMISSION_DENIED", policyHint);
      if (/violates PodSecurity/i.test(said)) {
        return failed("PERMISSION_DENIED", "Take out of { pod } what the namespace's Pod Security level forbids.");
      }
      return failed(
        "PERMISSION_DENIED",
        "Give whoever runs this a Role in the namespace that allows it, or name a namespace that is yours: { namespace }.",
      );
    case 404:
      return failed("NOT_FOUND", `Check the namespace and the context: \`kubectl get namespace ${namespace}\`.`);
    case 400:
    case 422:
      return failed(
        "OPTION_INVALID",
        "The message is the cluster's own: check the executor's options and the task's compute.",
      );
    case 429:
      return failed("THROTTLED", "Wait and try again, or lower the run's concurrency.");
    default:
      return failed("UNAVAILABLE", `The cluster at ${server} has trouble: try again.`);
  }
}

/** The HTTP status of an answer; none where there was no answer. The client has it under either name. */
export function statusOf(thrown: unknown): number | undefined {
  const { code, statusCode } = (thrown ?? {}) as { code?: unknown; statusCode?: unknown };
  return [statusCode, code].find((value): value is number => typeof value === "number" && value >= 400 && value < 600);
}

/** What a call or a watch comes to that gets no answer for half a minute. */
export const silence = "the server doesn't answer";

/** Whether a call was given up because of it. */
export function isSilence(thrown: unknown): boolean {
  return (thrown as { name?: unknown } | null | undefined)?.name === "TimeoutError";
}

/** Whether what should be made is there already. Other conflicts are over the next time: two that count against one quota. */
export function isThere(thrown: unknown): boolean {
  return statusOf(thrown) === 409 && parsed((thrown as { body?: unknown }).body)?.reason !== "Conflict";
}

function wordsOf(thrown: unknown, status: number | undefined): string {
  const { body } = (thrown ?? {}) as { body?: unknown };
  const told = parsed(body);
  if (told?.message !== undefined) return told.message;
  if (status !== undefined) return `HTTP ${status} ${reasonOf(status)}`;
  if (isSilence(thrown)) return silence;
  // What undici throws only says that a fetch failed; why is in its cause.
  const { cause } = (thrown ?? {}) as { cause?: unknown };
  return cause === undefined ? describeThrown(thrown) : describeThrown(cause);
}

function parsed(body: unknown): Status | undefined {
  if (typeof body === "object" && body !== null) return body as Status;
  try {
    return JSON.parse(String(body)) as Status | undefined;
  } catch {
    return undefined;
  }
}

/** Not by an import: that reads whatever the module has, its WebSocket too, and takes 13 MiB. */
function reasonOf(status: number): string {
  return process.getBuiltinModule("node:http").STATUS_CODES[status] ?? "";
}
