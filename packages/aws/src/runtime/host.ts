// What the bundle's entry calls: everything that a deployment's functions and containers run.
import { readFileSync } from "node:fs";
import type { RemoteAttempt } from "@glacier/core/execute";
import type { RunRequest, TaskAnswer } from "../deployment.ts";
import { containerMain } from "./container.ts";
import { type LambdaHandler, taskHandler } from "./lambda.ts";
import { type RunAnswer, runHandler } from "./run.ts";
import { type Deployed, openSite } from "./site.ts";

/** What the bundle exports. */
export interface Host {
  readonly handler: LambdaHandler<RemoteAttempt, TaskAnswer>;
  readonly run: LambdaHandler<RunRequest, RunAnswer>;
  readonly main: () => Promise<never>;
}

/** `planUrl` is that of the plan beside the bundle. Resolves when the user's code is loaded, however that went: the calls say so. */
export async function host(planUrl: URL, modules: Pick<Deployed, "pipeline" | "providers">): Promise<Host> {
  const site = openSite({ ...modules, plan: JSON.parse(readFileSync(planUrl, "utf8")) });
  await site.catch(() => {});
  return { handler: taskHandler(site), run: runHandler(site), main: () => containerMain(site) };
}
