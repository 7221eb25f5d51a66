import type { Json, Rule } from "./step-functions-data.ts";

/** A state machine in Amazon States Language, as far as AWSTarget emits it. */
export interface Machine {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

/** A state, as far as AWSTarget emits it. */
export interface State {
  readonly Type: string;
  readonly Next?: string;
  readonly Resource?: string;
  readonly InputPath?: string;
  readonly Parameters?: Json;
  readonly ResultSelector?: Json;
  readonly ResultPath?: string | null;
  readonly Branches?: readonly Machine[];
  readonly Choices?: readonly Rule[];
  readonly Default?: string;
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly {
    readonly ErrorEquals: readonly string[];
    readonly Next: string;
    readonly ResultPath?: string;
  }[];
  readonly Error?: string;
  readonly ErrorPath?: string;
  readonly CausePath?: string;
}

/** Errors of a state that it is tried again after. */
export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly MaxAttempts?: number;
}

/** What states call. */
export interface Services {
  /** Calls a function by its name. */
  invoke(
    name: string,
    payload: unknown,
  ): Promise<{
    readonly answer?: unknown;
    readonly error?: { readonly errorType: string; readonly errorMessage: string };
  }>;
  /** Runs a container to its end, or until the signal fires; answers the task as ECS describes it then. */
  runTask?(
    parameters: Json,
    signal: AbortSignal,
  ): Promise<{ readonly Containers: readonly { readonly ExitCode?: number }[] }>;
}
