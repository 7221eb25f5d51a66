import { expect, it } from "vitest";
import { serviceError } from "./service-errors.ts";

it.each([
  ["InvalidExecutionInput", "PARAMS_INVALID"],
  ["RequestEntityTooLargeException", "PARAMS_INVALID"],
  ["InvalidArn", "OPTION_INVALID"],
  ["InvalidName", "OPTION_INVALID"],
  ["StateMachineDeleting", "NOT_FOUND"],
  ["KmsAccessDeniedException", "PERMISSION_DENIED"],
  ["KMSDisabledException", "PERMISSION_DENIED"],
  ["AbortError", "UNAVAILABLE"],
  ["KmsThrottlingException", "THROTTLED"],
  ["ServiceQuotaExceededException", "THROTTLED"],
])("%s is %s, and no defect of Glacier's", (name, code) => {
  const error = serviceError(Object.assign(new Error("no"), { name }), {
    what: "start an execution",
    action: "states",
  });
  expect(error).toMatchObject({ code, message: `can't start an execution: ${name}: no` });
  expect(error.hint).not.toContain("report");
});
