import type { Cases } from "../suite.ts";
import { leastPrivilege, ownSecrets, separateTenants } from "./access.ts";
import type { TargetSubject } from "./compile.ts";
import { bigPipeline, everyTaskInOrder } from "./coverage.ts";
import { otherCode, otherLimits, otherPlace, otherSurroundings, sameBytes, schedules } from "./determinism.ts";
import { legalNames, legalPaths, separateNames, similarNames } from "./names.ts";
import { diagnostics, refusesCompute, refusesStorage } from "./refusals.ts";
import { noSecretValue } from "./secrets.ts";

/** Name of a case of `testTarget`. */
export type TargetCase =
  | "the same plan gives the same bytes"
  | "another day, time zone, locale and folder give the same bytes"
  | "the same code in another folder gives the same bytes"
  | "other code gives other bytes"
  | "other retries, timeout or memory give other bytes"
  | "every form is files with legal paths"
  | "every name is legal and given once"
  | "long and similar names stay legal and apart"
  | "pipelines and tenants share no global name"
  | "every task runs, after those that it takes data from"
  | "300 tasks compile"
  | "a task may touch its own datasets and no others"
  | "tenants share nothing that is written"
  | "a task gets its own secrets and no others"
  | "no secret's value is in a file"
  | "a schedule starts the pipeline"
  | "compute of this process is refused"
  | "compute of an unknown kind is refused"
  | "storage in this process's memory is refused"
  | "storage in a folder of this machine is refused"
  | "storage of an unknown kind is refused"
  | "diagnostics say what to do";

/** The cases, for whoever runs them without registering. */
export function targetCases(subject: TargetSubject): Cases<TargetCase> {
  return {
    "the same plan gives the same bytes": () => sameBytes(subject),
    "another day, time zone, locale and folder give the same bytes": () => otherSurroundings(subject),
    "the same code in another folder gives the same bytes": () => otherPlace(subject),
    "other code gives other bytes": () => otherCode(subject),
    "other retries, timeout or memory give other bytes": () => otherLimits(subject),
    "every form is files with legal paths": () => legalPaths(subject),
    "every name is legal and given once": () => legalNames(subject),
    "long and similar names stay legal and apart": () => similarNames(subject),
    "pipelines and tenants share no global name": () => separateNames(subject),
    "every task runs, after those that it takes data from": () => everyTaskInOrder(subject),
    "300 tasks compile": () => bigPipeline(subject),
    "a task may touch its own datasets and no others": () => leastPrivilege(subject),
    "tenants share nothing that is written": () => separateTenants(subject),
    "a task gets its own secrets and no others": () => ownSecrets(subject),
    "no secret's value is in a file": () => noSecretValue(subject),
    "a schedule starts the pipeline": () => schedules(subject),
    "compute of this process is refused": () => refusesCompute(subject, "local"),
    "compute of an unknown kind is refused": () => refusesCompute(subject, "abacus"),
    "storage in this process's memory is refused": () => refusesStorage(subject, { kind: "memory" }),
    "storage in a folder of this machine is refused": () =>
      refusesStorage(subject, { kind: "localFs", basePath: "data" }),
    "storage of an unknown kind is refused": () => refusesStorage(subject, { kind: "punch-cards" }),
    "diagnostics say what to do": () => diagnostics(subject),
  };
}
