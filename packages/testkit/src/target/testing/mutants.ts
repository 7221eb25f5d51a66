import { type Deployment, deploymentView } from "../../../test/deployment-target.ts";
import type { TargetCase } from "../cases.ts";
import type { TargetSubject } from "../compile.ts";
import { changed, edited, misread, narrow, spoilt } from "./mutate.ts";

const steps = ({ steps: all }: Deployment) => Object.values(all);
const sealed = (text: string) => Buffer.from(text).toString("base64");

/** For each case the mistakes that it must see, by what they are. */
export const mutants: Readonly<Record<TargetCase, Readonly<Record<string, TargetSubject>>>> = {
  "another day, time zone, locale and folder give the same bytes": {
    "writes the time": edited((d) => Object.assign(d, { at: new Date().getFullYear() })),
    "writes local time": edited((d) => Object.assign(d, { at: new Date(0).getHours() })),
    "writes its folder": edited((d) => Object.assign(d, { at: process.cwd() })),
  },
  "the same plan gives the same bytes": {
    "draws lots": edited((d) => Object.assign(d, { id: Math.random() })),
    "writes the order of declaration": spoilt((files, _, { pipeline }) => {
      files["order"] = pipeline.tasks.map(({ name }) => name).join();
    }),
  },
  "the same code in another folder gives the same bytes": {
    "writes where the code is": spoilt((files, _, { pipeline }) => {
      files["origin"] = String(pipeline.module);
    }),
  },
  "other code gives other bytes": {
    "ships no code": spoilt((files) => delete files["code/pipeline.mjs"]),
  },
  "other retries, timeout or memory give other bytes": {
    "forgets retries": edited((d) =>
      steps(d).forEach((step) => {
        step.retry = 0;
      }),
    ),
    "forgets the timeout": edited((d) =>
      steps(d).forEach((step) => {
        step.timeout = 60;
      }),
    ),
    "forgets the memory": edited((d) =>
      steps(d).forEach((step) => {
        step.memory = 1;
      }),
    ),
  },
  "every form is files with legal paths": {
    "has a form that holds nothing, and says nothing of it": narrow(false),
    "writes an absolute path": spoilt((files) => {
      files["/etc/passwd"] = "";
    }),
    "leaves its folder": spoilt((files) => {
      files["a/../../b"] = "";
    }),
    "writes paths that differ in case": spoilt((files) => {
      files["Code/pipeline.mjs"] = "";
    }),
    "writes a file where a folder is": spoilt((files) => {
      files["code"] = "";
    }),
    "writes nothing": {
      ...spoilt((files) => {
        for (const path of Object.keys(files)) delete files[path];
      }),
      view: () => deploymentView({ "deployment.json": '{"name":"x","steps":{}}' }),
    },
  },
  "every name is legal and given once": {
    "uses names as they are": edited((d) =>
      Object.entries(d.steps).forEach(([name, step]) => {
        step.id = name;
      }),
    ),
  },
  "long and similar names stay legal and apart": {
    "cuts names without a hash": edited((d) =>
      Object.entries(d.steps).forEach(([name, step]) => {
        step.id = name.replaceAll("_", "-").slice(0, 40);
      }),
    ),
    "folds names": edited((d) =>
      Object.entries(d.steps).forEach(([name, step]) => {
        step.id = `${name.replaceAll("_", "-").slice(0, 20)}${name.length}${name.slice(-1).replace(/[-_]/, "u")}${name[0]}`;
      }),
    ),
  },
  "pipelines and tenants share no global name": {
    "names no tenant": misread(({ tenant: _, ...plan }) => plan),
    "joins names": edited((d, plan) =>
      Object.entries(d.steps).forEach(([name, step]) => {
        step.id = `${plan.pipeline}-${name}`;
      }),
    ),
  },
  "every task runs, after those that it takes data from": {
    "forgets an edge": edited((d) => steps(d).at(-2)?.after.pop()),
    "waits for what is not there": edited((d) => steps(d)[0]?.after.push("nobody")),
    "waits in a circle": edited((d) => steps(d)[0]?.after.push(Object.keys(d.steps).at(-1) ?? "")),
    "drops a task": edited((d) => {
      const last = Object.keys(d.steps).at(-1) ?? "";
      if (steps(d).length > 3) delete d.steps[last];
    }),
  },
  "300 tasks compile": {
    "waits for nothing": edited((d) =>
      steps(d).forEach((step) => {
        step.after = [];
      }),
    ),
    "stops at 100 tasks": misread((plan) => ({ ...plan, tasks: plan.tasks.slice(0, 100) })),
  },
  "a task may touch its own datasets and no others": {
    "grants everything": edited((d) =>
      steps(d).forEach((step) => {
        step.write = ["bucket:kit/*"];
      }),
    ),
    "grants by prefix": edited((d) =>
      steps(d).forEach((step) => {
        step.write = step.write.map((object) => object.replace(/\.[a-z.]+$/, "*"));
      }),
    ),
    "grants every task all that one may": edited((d) => {
      const all = steps(d).flatMap(({ read }) => read);
      for (const step of steps(d)) step.read = all;
    }),
    "forgets the quarantine": misread((plan) => ({
      ...plan,
      tasks: plan.tasks.map((task) => ({ ...task, onInvalid: "fail" })),
    })),
    "forgets an input": edited((d) => steps(d).at(-2)?.read.pop()),
  },
  "tenants share nothing that is written": {
    "grants all tenants": edited((d) =>
      steps(d).forEach((step) => {
        step.write.push("bucket:kit/acme*");
      }),
    ),
    "ignores the tenant": misread((plan) => ({
      ...plan,
      datasets: plan.datasets.map((dataset) => ({ ...dataset, key: dataset.key.split("/").at(-1) ?? "" })),
    })),
  },
  "a task gets its own secrets and no others": {
    "gives every task all secrets": edited((d) =>
      steps(d).forEach((step) => {
        step.secrets = ["api-key", "db-password"];
      }),
    ),
    "forgets a secret": edited((d) =>
      steps(d).forEach((step) => {
        step.secrets = [];
      }),
    ),
  },
  "no secret's value is in a file": {
    "writes a secret's value": edited((d) => Object.assign(d, { env: process.env["API_KEY"] })),
    "writes another's value": edited((d) => Object.assign(d, { env: process.env["DB_PASSWORD"] })),
    "writes the environment in base64": edited((d) => Object.assign(d, { env: sealed(`x${process.env["API_KEY"]}y`) })),
  },
  "a schedule starts the pipeline": {
    "forgets the schedule": edited((d) => delete d.schedule),
    "forgets the time zone": edited((d) => {
      if (d.schedule !== undefined) d.schedule.timeZone = "UTC";
    }),
  },
  "compute of an unknown kind is refused": {
    "runs any compute": changed(async (c) => ({ ...c, diagnostics: [] })),
  },
  "compute of this process is refused": {
    "runs local compute": changed(async (c) => ({ ...c, diagnostics: [] })),
  },
  "storage in a folder of this machine is refused": {
    "takes any folder": changed(async (c) => ({ ...c, diagnostics: [] })),
  },
  "storage in this process's memory is refused": {
    "takes memory": changed(async (c) => ({ ...c, diagnostics: [] })),
  },
  "storage of an unknown kind is refused": {
    "only warns": changed(async (c) => ({
      ...c,
      diagnostics: c.diagnostics.map((d) => ({ ...d, severity: "warning" })),
    })),
  },
  "diagnostics say what to do": {
    "complains in plain errors": changed(async (c) => ({
      ...c,
      diagnostics: [{ severity: "info", error: new Error("so so") as never }],
    })),
  },
};
