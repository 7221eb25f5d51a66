import { type RoleOf, roleName } from "../../names.ts";
import type { Role } from "../model.ts";
import { pack, type Statement } from "../policy.ts";
import type { Settings } from "../settings.ts";

/** Told when a role's statements have no room in any way that IAM has. */
export type TooLarge = (role: string, statements: readonly Statement[]) => void;

/** A role that may do just that. */
export function role(
  id: string,
  of: RoleOf,
  service: Role["service"],
  statements: readonly Statement[],
  settings: Settings,
  tooLarge: TooLarge,
): Role {
  const packed = pack(statements);
  if (packed === undefined) tooLarge(id, statements);
  return {
    kind: "role",
    id,
    name: roleName(settings.deployment, settings.region, of),
    service,
    inline: packed?.inline ?? [],
    managed: packed?.managed ?? [],
    boundary: settings.permissionsBoundary,
  };
}
