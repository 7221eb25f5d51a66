/** What a file deploys, as far as tests ask. */
export interface AwsFile {
  readonly machine: { readonly name: string; readonly definition: Chain };
  readonly functions: readonly Runner[];
  readonly taskDefinitions: readonly Runner[];
  readonly roles: readonly Role[];
  readonly buckets: readonly string[];
  readonly schedules: readonly { readonly expression: string; readonly timeZone: string }[];
  readonly names: readonly { readonly what: string; readonly name: string }[];
}

/** A function or a task definition, with the name of the role that its code has. */
export interface Runner {
  readonly name: string;
  readonly role: string;
}

/** A role, with who may take it on. */
export interface Role {
  readonly name: string;
  readonly trust: readonly Trust[];
  readonly statements: readonly IamStatement[];
}

/** A statement of a role's trust policy. */
export interface Trust {
  readonly Principal: { readonly Service: string };
  readonly Condition?: unknown;
}

/** A resource with its id in the file. */
export type Found = { readonly id: string } & Readonly<Record<string, unknown>>;

/** States of one level of a state machine. */
export interface Chain {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

/** A state, as far as tests look into it. */
export interface State {
  readonly Type: string;
  readonly Next?: string;
  readonly End?: boolean;
  readonly Branches?: readonly Chain[];
  readonly Parameters?: Readonly<Record<string, unknown>>;
  readonly Retry?: readonly unknown[];
}

/** A statement of a policy. */
export interface IamStatement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: unknown;
}
