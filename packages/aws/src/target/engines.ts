/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html */
export const lambdaRuntime = "nodejs22.x";

/** An architecture as ECS spells it. */
export function cpuOf(architecture: "arm64" | "x86_64"): "ARM64" | "X86_64" {
  return architecture === "arm64" ? "ARM64" : "X86_64";
}
