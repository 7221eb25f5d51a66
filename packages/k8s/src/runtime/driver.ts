// What the entry of the driver's bundle calls; it brings the cluster's client.
import { drive } from "./drive.ts";
import type { Host } from "./host.ts";
import { type Roles, runRole } from "./main.ts";
import { type Deployed, openSite } from "./site.ts";

/** `folder` is the bundle's own, where the plan is. */
export function host(folder: URL, deployed: Deployed): Host {
  const roles: Roles = { driver: (site, signal) => drive(folder, site, signal) };
  return { main: (role) => runRole(role, roles, () => openSite(folder, deployed)) };
}
