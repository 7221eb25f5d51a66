// What the bundle's entry calls: everything that a deployment's containers run, but for the driver.
import { attemptForDriver } from "./attempt.ts";
import { runRole } from "./main.ts";
import { type Deployed, openSite } from "./site.ts";
import { begin, finish } from "./steps.ts";
import { runTask } from "./task.ts";

/** What the bundle exports. */
export interface Host {
  /** Runs what `role` names, and ends the process. */
  readonly main: (role: string) => Promise<void>;
}

/** `folder` is the bundle's own, where the plan is. */
export function host(folder: URL, deployed: Deployed): Host {
  const open = () => openSite(folder, deployed);
  return {
    main: (role) =>
      role === "attempt" ? attemptForDriver(open) : runRole(role, { task: runTask, begin, finish }, open),
  };
}
