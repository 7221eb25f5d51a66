import { type Compilation, compute, type Plan, type Target } from "@glacier/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Deployment, deploymentTarget, deploymentView } from "../../test/deployment-target.ts";
import { type TargetCase, targetCases } from "./cases.ts";
import type { TargetSubject } from "./compile.ts";
import { testTarget } from "./test-target.ts";

const honest: TargetSubject = {
  create: deploymentTarget,
  compute: compute.container({ image: "node:24", memory: 512 }),
  view: deploymentView,
};

testTarget("a deployment file", honest);
testTarget("a deployment file of a default compute", { create: deploymentTarget, view: deploymentView });

/** The honest target, its files spoilt. */
function spoilt(spoil: (artifacts: Record<string, string | Uint8Array>, plan: Plan) => void): TargetSubject {
  return changed(async (compilation, plan) => ({
    ...compilation,
    forms: {
      deployment: async () => {
        const artifacts = { ...(await compilation.forms["deployment"]?.()) };
        spoil(artifacts, plan);
        return artifacts;
      },
    },
  }));
}

function changed(change: (compilation: Compilation, plan: Plan) => Promise<Compilation>): TargetSubject {
  return {
    ...honest,
    create: (): Target => {
      const target = deploymentTarget();
      return { ...target, compile: async (plan, context) => change(await target.compile(plan, context), plan) };
    },
  };
}

/** The honest target, its deployment changed. */
function edited(edit: (deployment: Deployment, plan: Plan) => void): TargetSubject {
  return spoilt((artifacts, plan) => {
    const deployment: Deployment = JSON.parse(String(artifacts["deployment.json"]));
    edit(deployment, plan);
    artifacts["deployment.json"] = JSON.stringify(deployment);
  });
}

/** The honest target on another plan than it was given. */
function misread(change: (plan: Plan) => Plan): TargetSubject {
  return {
    ...honest,
    create: (): Target => {
      const target = deploymentTarget();
      return { ...target, compile: (plan, context) => target.compile(change(plan), context) };
    },
  };
}

const steps = ({ steps: all }: Deployment) => Object.values(all);
const sealed = (text: string) => Buffer.from(text).toString("base64");

describe("a target that is wrong is found out", () => {
  // Not the smallest failure, for once.
  beforeAll(() => fc.configureGlobal({ endOnFailure: true }));
  afterAll(() => fc.resetConfigureGlobal());

  test.each<[string, TargetCase, TargetSubject]>([
    [
      "writes the time",
      "another day, time zone, locale and folder give the same bytes",
      edited((d) => Object.assign(d, { at: new Date().getFullYear() })),
    ],
    [
      "writes local time",
      "another day, time zone, locale and folder give the same bytes",
      edited((d) => Object.assign(d, { at: new Date(0).getHours() })),
    ],
    [
      "writes its folder",
      "another day, time zone, locale and folder give the same bytes",
      edited((d) => Object.assign(d, { at: process.cwd() })),
    ],
    ["draws lots", "the same plan gives the same bytes", edited((d) => Object.assign(d, { id: Math.random() }))],
    [
      "writes the order of declaration",
      "the same plan gives the same bytes",
      {
        ...honest,
        create: (): Target => {
          const target = deploymentTarget();
          return {
            ...target,
            compile: async (plan, context) => ({
              ...(await target.compile(plan, context)),
              forms: {
                deployment: async () => ({
                  ...(await (await target.compile(plan, context)).forms["deployment"]?.()),
                  order: context.pipeline.tasks.map(({ name }) => name).join(),
                }),
              },
            }),
          };
        },
      },
    ],
    [
      "writes where the code is",
      "the same code in another folder gives the same bytes",
      {
        ...honest,
        create: (): Target => {
          const target = deploymentTarget();
          return {
            ...target,
            compile: async (plan, context) => ({
              ...(await target.compile(plan, context)),
              forms: {
                deployment: async () => ({
                  ...(await (await target.compile(plan, context)).forms["deployment"]?.()),
                  origin: String(context.pipeline.module),
                }),
              },
            }),
          };
        },
      },
    ],
    ["ships no code", "other code gives other bytes", spoilt((files) => delete files["code/pipeline.mjs"])],
    [
      "forgets retries",
      "other retries, timeout or memory give other bytes",
      edited((d) =>
        steps(d).forEach((step) => {
          step.retry = 0;
        }),
      ),
    ],
    [
      "forgets the timeout",
      "other retries, timeout or memory give other bytes",
      edited((d) =>
        steps(d).forEach((step) => {
          step.timeout = 60;
        }),
      ),
    ],
    [
      "forgets the memory",
      "other retries, timeout or memory give other bytes",
      edited((d) =>
        steps(d).forEach((step) => {
          step.memory = 1;
        }),
      ),
    ],
    [
      "writes an absolute path",
      "every form is files with legal paths",
      spoilt((files) => {
        files["/etc/passwd"] = "";
      }),
    ],
    [
      "leaves its folder",
      "every form is files with legal paths",
      spoilt((files) => {
        files["a/../../b"] = "";
      }),
    ],
    [
      "writes paths that differ in case",
      "every form is files with legal paths",
      spoilt((files) => {
        files["Code/pipeline.mjs"] = "";
      }),
    ],
    [
      "writes a file where a folder is",
      "every form is files with legal paths",
      spoilt((files) => {
        files["code"] = "";
      }),
    ],
    [
      "writes nothing",
      "every form is files with legal paths",
      {
        ...spoilt((files) => {
          for (const path of Object.keys(files)) delete files[path];
        }),
        view: () => deploymentView({ "deployment.json": '{"name":"x","steps":{}}' }),
      },
    ],
    [
      "uses names as they are",
      "every name is legal and given once",
      edited((d) =>
        Object.entries(d.steps).forEach(([name, step]) => {
          step.id = name;
        }),
      ),
    ],
    [
      "cuts names without a hash",
      "long and similar names stay legal and apart",
      edited((d) =>
        Object.entries(d.steps).forEach(([name, step]) => {
          step.id = name.replaceAll("_", "-").slice(0, 40);
        }),
      ),
    ],
    [
      "folds names",
      "long and similar names stay legal and apart",
      edited((d) =>
        Object.entries(d.steps).forEach(([name, step]) => {
          step.id = `${name.replaceAll("_", "-").slice(0, 20)}${name.length}${name.slice(-1).replace(/[-_]/, "u")}${name[0]}`;
        }),
      ),
    ],
    ["names no tenant", "pipelines and tenants share no global name", misread(({ tenant: _, ...plan }) => plan)],
    [
      "joins names",
      "pipelines and tenants share no global name",
      edited((d, plan) =>
        Object.entries(d.steps).forEach(([name, step]) => {
          step.id = `${plan.pipeline}-${name}`;
        }),
      ),
    ],
    [
      "forgets an edge",
      "every task runs, after those that it takes data from",
      edited((d) => steps(d).at(-2)?.after.pop()),
    ],
    [
      "waits for nothing",
      "300 tasks compile",
      edited((d) =>
        steps(d).forEach((step) => {
          step.after = [];
        }),
      ),
    ],
    [
      "waits for what is not there",
      "every task runs, after those that it takes data from",
      edited((d) => steps(d)[0]?.after.push("nobody")),
    ],
    [
      "waits in a circle",
      "every task runs, after those that it takes data from",
      edited((d) => steps(d)[0]?.after.push(Object.keys(d.steps).at(-1) ?? "")),
    ],
    [
      "drops a task",
      "every task runs, after those that it takes data from",
      edited((d) => {
        const last = Object.keys(d.steps).at(-1) ?? "";
        if (steps(d).length > 3) delete d.steps[last];
      }),
    ],
    ["stops at 100 tasks", "300 tasks compile", misread((plan) => ({ ...plan, tasks: plan.tasks.slice(0, 100) }))],
    [
      "grants everything",
      "a task may touch its own datasets and no others",
      edited((d) =>
        steps(d).forEach((step) => {
          step.write = ["bucket:kit/*"];
        }),
      ),
    ],
    [
      "grants by prefix",
      "a task may touch its own datasets and no others",
      edited((d) =>
        steps(d).forEach((step) => {
          step.write = step.write.map((object) => object.replace(/\.[a-z.]+$/, "*"));
        }),
      ),
    ],
    [
      "grants every task all that one may",
      "a task may touch its own datasets and no others",
      edited((d) => {
        const all = steps(d).flatMap(({ read }) => read);
        for (const step of steps(d)) step.read = all;
      }),
    ],
    [
      "forgets the quarantine",
      "a task may touch its own datasets and no others",
      misread((plan) => ({ ...plan, tasks: plan.tasks.map((task) => ({ ...task, onInvalid: "fail" })) })),
    ],
    ["forgets an input", "a task may touch its own datasets and no others", edited((d) => steps(d).at(-2)?.read.pop())],
    [
      "grants all tenants",
      "tenants share nothing that is written",
      edited((d) =>
        steps(d).forEach((step) => {
          step.write.push("bucket:kit/acme*");
        }),
      ),
    ],
    [
      "ignores the tenant",
      "tenants share nothing that is written",
      misread((plan) => ({
        ...plan,
        datasets: plan.datasets.map((dataset) => ({ ...dataset, key: dataset.key.split("/").at(-1) ?? "" })),
      })),
    ],
    [
      "gives every task all secrets",
      "a task gets its own secrets and no others",
      edited((d) =>
        steps(d).forEach((step) => {
          step.secrets = ["api-key", "db-password"];
        }),
      ),
    ],
    [
      "forgets a secret",
      "a task gets its own secrets and no others",
      edited((d) =>
        steps(d).forEach((step) => {
          step.secrets = [];
        }),
      ),
    ],
    [
      "writes a secret's value",
      "no secret's value is in a file",
      edited((d) => Object.assign(d, { env: process.env["API_KEY"] })),
    ],
    [
      "writes another's value",
      "no secret's value is in a file",
      edited((d) => Object.assign(d, { env: process.env["DB_PASSWORD"] })),
    ],
    [
      "writes the environment in base64",
      "no secret's value is in a file",
      edited((d) => Object.assign(d, { env: sealed(`x${process.env["API_KEY"]}y`) })),
    ],
    ["forgets the schedule", "a schedule starts the pipeline", edited((d) => delete d.schedule)],
    [
      "forgets the time zone",
      "a schedule starts the pipeline",
      edited((d) => {
        if (d.schedule !== undefined) d.schedule.timeZone = "UTC";
      }),
    ],
    ["runs any compute", "compute of an unknown kind is refused", changed(async (c) => ({ ...c, diagnostics: [] }))],
    ["runs local compute", "compute of this process is refused", changed(async (c) => ({ ...c, diagnostics: [] }))],
    [
      "takes any folder",
      "storage in a folder of this machine is refused",
      changed(async (c) => ({ ...c, diagnostics: [] })),
    ],
    ["takes memory", "storage in this process's memory is refused", changed(async (c) => ({ ...c, diagnostics: [] }))],
    [
      "only warns",
      "storage of an unknown kind is refused",
      changed(async (c) => ({ ...c, diagnostics: c.diagnostics.map((d) => ({ ...d, severity: "warning" })) })),
    ],
    [
      "complains in plain errors",
      "diagnostics say what to do",
      changed(async (c) => ({ ...c, diagnostics: [{ severity: "info", error: new Error("so so") as never }] })),
    ],
  ])("one that %s fails: %s", async (_, name, subject) => {
    await expect(targetCases(subject)[name]()).rejects.toThrow();
  });
});
