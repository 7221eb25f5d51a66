import { type Cases, registerSuite, type SuiteOptions } from "../suite.ts";
import { type ContextCase, context } from "./cases/context.ts";
import { type GraphCase, graphs } from "./cases/graphs.ts";
import { type OutcomeCase, outcomes } from "./cases/outcomes.ts";
import { type PlaceCase, places } from "./cases/places.ts";
import { type SecretCase, secrets } from "./cases/secrets.ts";
import { type ShapeCase, shapes } from "./cases/shapes.ts";
import { type StopCase, stops } from "./cases/stops.ts";
import { inWorld, type Subject, type WorldCases } from "./world.ts";

/** Names of the executor suite's cases. */
export type ExecutorCase = OutcomeCase | StopCase | ShapeCase | ContextCase | SecretCase | GraphCase | PlaceCase;

/** Options of {@link testExecutor}. */
export interface ExecutorSuiteOptions extends Subject, SuiteOptions<ExecutorCase> {}

/**
 * Registers the conformance suite of an executor as tests of vitest.
 *
 * @example
 * testExecutor("SshExecutor", { create: ({ secrets }) => new SshExecutor({ host: server.host, secrets }) });
 */
export function testExecutor(title: string, options: ExecutorSuiteOptions): void {
  registerSuite(title, executorCases(options), options);
}

/** The suite's cases, to call. */
export function executorCases(subject: Subject): Cases<ExecutorCase> {
  const cases: WorldCases<ExecutorCase> = {
    ...outcomes,
    ...stops,
    ...shapes,
    ...context,
    ...secrets,
    ...graphs,
    ...places,
  };
  return Object.fromEntries(
    Object.entries(cases).map(([name, use]) => [name, () => inWorld(subject, use)]),
  ) as unknown as Cases<ExecutorCase>;
}
