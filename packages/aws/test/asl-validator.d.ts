declare module "asl-validator" {
  /** What is wrong with a state machine in Amazon States Language. */
  export default function validate(definition: unknown): {
    readonly isValid: boolean;
    readonly errors: readonly unknown[];
  };
}
