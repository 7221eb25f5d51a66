// What the bundle's entry calls: everything that a deployment's containers run, but for the driver.
import { variables } from "../deployment.ts";
import { attemptForDriver } from "./attempt.ts";
import { runRole } from "./main.ts";
import { runMasked } from "./mask.ts";
import { type Deployed, openSite } from "./site.ts";
import { begin, finish } from "./steps.ts";
import { runTask } from "./task.ts";

/** What the bundle exports. */
export interface Host {
  /** Runs what `role` names, and ends the process. */
  readonly main: (role: string) => Promise<void>;
}

/** In front of a role: its output is masked by the process that started it. */
const masked = "masked-";

/** `folder` is the bundle's own, where the plan is. */
export function host(folder: URL, deployed: Deployed): Host {
  const open = () => openSite(folder, deployed);
  return {
    async main(role) {
      const { env } = process;
      const secrets = secretsIn(env);
      if (secrets.length > 0 && !role.startsWith(masked))
        return runMasked(`${masked}${role}`, { secrets, mark: env[variables.mark] });
      const own = role.replace(masked, "");
      return own === "attempt" ? attemptForDriver(open) : runRole(own, { task: runTask, begin, finish }, open);
    },
  };
}

function secretsIn(env: NodeJS.ProcessEnv): string[] {
  return Object.entries(env).flatMap(([name, value = ""]) =>
    name.startsWith(variables.secret) && value !== "" ? [value] : [],
  );
}
