import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { describeThrown, GlacierError } from "@glacier/core";
import { variables } from "../deployment.ts";

type Sdk = typeof import("@aws-sdk/client-secrets-manager");

/** The client goes on from one invocation to the next; a value never does. */
let opened: Promise<{ readonly sdk: Sdk; readonly client: SecretsManagerClient }> | undefined;

/**
 * A secret's value in Secrets Manager, in the function's own region.
 * Errors: `SECRET_MISSING`, `PERMISSION_DENIED`, `THROTTLED`, `UNAVAILABLE`.
 */
export async function readSecret(name: string): Promise<string> {
  const id = `${process.env[variables.secretsPrefix] ?? ""}${name}`;
  opened ??= open();
  const { sdk, client } = await opened;
  try {
    const { SecretString } = await client.send(new sdk.GetSecretValueCommand({ SecretId: id }));
    if (SecretString !== undefined) return SecretString;
  } catch (error) {
    throw secretError(error, name, id);
  }
  throw new GlacierError("SECRET_MISSING", {
    message: `secret "${name}" (${id} in Secrets Manager) is binary`,
    hint: "Store it as text: a secret is a string.",
  });
}

async function open(): Promise<{ readonly sdk: Sdk; readonly client: SecretsManagerClient }> {
  const sdk = await import("@aws-sdk/client-secrets-manager");
  return { sdk, client: new sdk.SecretsManagerClient({}) };
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html. Of the SDK's error only the message goes on. */
function secretError(thrown: unknown, name: string, id: string): GlacierError {
  const error = thrown as { readonly name?: string; readonly $metadata?: { readonly httpStatusCode?: number } };
  const what = `secret "${name}" (${id} in Secrets Manager)`;
  const said = describeThrown(thrown);
  if (error.name === "ResourceNotFoundException") {
    return new GlacierError("SECRET_MISSING", {
      message: `${what} has no value`,
      hint: `Put it there: aws secretsmanager create-secret --name ${id} --secret-string …`,
    });
  }
  if (error.name === "InvalidRequestException") {
    return new GlacierError("SECRET_MISSING", {
      message: `${what} can't be read: ${said}`,
      hint: `One that is marked for deletion comes back with: aws secretsmanager restore-secret --secret-id ${id}`,
    });
  }
  if (error.name === "AccessDeniedException" || error.name === "DecryptionFailure") {
    return new GlacierError("PERMISSION_DENIED", {
      message: `${what} can't be read: ${said}`,
      hint: "The task's role must have secretsmanager:GetSecretValue on it, and kms:Decrypt on its key where that is your own.",
    });
  }
  const slow = error.name === "ThrottlingException" || error.$metadata?.httpStatusCode === 429;
  return new GlacierError(slow ? "THROTTLED" : "UNAVAILABLE", {
    message: `${what} can't be read: ${said}`,
    hint: "Try again; a function in a private subnet needs a way to Secrets Manager: a VPC endpoint or a NAT gateway.",
  });
}
