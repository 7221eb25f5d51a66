import { type Compilation, type CompileContext, compute, GlacierError, type Plan, type Target } from "@glacier/core";
import { type Deployment, deploymentTarget, deploymentView } from "../../../test/deployment-target.ts";
import type { TargetSubject } from "../compile.ts";

/** The target that passes. */
export const honest: TargetSubject = {
  create: deploymentTarget,
  compute: compute.container({ image: "node:24", memory: 512 }),
  view: deploymentView,
};

/** The honest target, its files spoilt. */
export function spoilt(
  spoil: (artifacts: Record<string, string | Uint8Array>, plan: Plan, context: CompileContext) => void,
): TargetSubject {
  return changed(async (compilation, plan, context) => ({
    ...compilation,
    forms: {
      deployment: async () => {
        const artifacts = { ...(await compilation.forms["deployment"]?.()) };
        spoil(artifacts, plan, context);
        return artifacts;
      },
    },
  }));
}

/** The honest target, its compilation changed. */
export function changed(
  change: (compilation: Compilation, plan: Plan, context: CompileContext) => Promise<Compilation>,
): TargetSubject {
  return {
    ...honest,
    create: (): Target => {
      const target = deploymentTarget();
      return {
        ...target,
        compile: async (plan, context) => change(await target.compile(plan, context), plan, context),
      };
    },
  };
}

/** The honest target with a second form, which can hold no pipeline. */
export function narrow(told: boolean): TargetSubject {
  return changed(async ({ diagnostics, forms }) => {
    const error = new GlacierError("UNSUPPORTED", { message: "narrow holds nothing", hint: "Use the other form." });
    const narrow = () => Promise.reject(error);
    return {
      diagnostics: told ? [...diagnostics, { severity: "info", error }] : diagnostics,
      forms: { ...forms, narrow },
    };
  });
}

/** The honest target, its deployment changed. */
export function edited(edit: (deployment: Deployment, plan: Plan) => void): TargetSubject {
  return spoilt((artifacts, plan) => {
    const deployment: Deployment = JSON.parse(String(artifacts["deployment.json"]));
    edit(deployment, plan);
    artifacts["deployment.json"] = JSON.stringify(deployment);
  });
}

/** The honest target on another plan than it was given. */
export function misread(change: (plan: Plan) => Plan): TargetSubject {
  return {
    ...honest,
    create: (): Target => {
      const target = deploymentTarget();
      return { ...target, compile: (plan, context) => target.compile(change(plan), context) };
    },
  };
}
