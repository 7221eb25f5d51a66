// What the bundle's entry calls: everything that a deployment's containers run, but for the driver.
import { runRole } from "./main.ts";
import { type Deployed, openSite } from "./site.ts";
import { begin, finish } from "./steps.ts";
import { runTask } from "./task.ts";

/** What the bundle exports. */
export interface Host {
  /** Runs what `role` names, and ends the process. */
  readonly main: (role: string) => Promise<never>;
}

/** `folder` is the bundle's own, where the plan is. */
export function host(folder: URL, deployed: Deployed): Host {
  return { main: (role) => runRole(role, { task: runTask, begin, finish }, () => openSite(folder, deployed)) };
}
