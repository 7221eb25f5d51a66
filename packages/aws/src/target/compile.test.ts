import { compute, Dataset, type Provider, storage, task } from "@glacier/core";
import { describe, expect, it } from "vitest";
import { compiled, pipelineOf, said, taskOf } from "../../test/plans.ts";
import { fargateSizes } from "./limits.ts";

const one = (options: object) => pipelineOf([taskOf("load", options)]);
const remarksOf = async (...given: Parameters<typeof compiled>) => said((await compiled(...given)).diagnostics);

describe("what AWS can't run is refused with the fix", () => {
  it.each([
    [compute.local(), "COMPUTE_UNSUPPORTED", 'task "load" needs local compute', "compute.serverless()"],
    [{ kind: "abacus" }, "COMPUTE_UNSUPPORTED", 'task "load" needs abacus compute', "compute.container"],
    [compute.container({ image: "x", gpu: 1 }), "COMPUTE_UNSUPPORTED", 'task "load" asks for a GPU', "Leave gpu out"],
    [compute.container({ image: "x", cpu: 17 }), "COMPUTE_UNSUPPORTED", "Fargate has no task of that size", "16 vCPU"],
    [
      compute.container({ image: "x", memory: 122_881 }),
      "COMPUTE_UNSUPPORTED",
      "Fargate has no task of that size",
      "122,880",
    ],
    [
      compute.serverless({ memory: 10_241 }),
      "COMPUTE_UNSUPPORTED",
      "at most 10240 (https://docs.aws.amazon.com/lambda",
      "compute.container",
    ],
    [
      compute.serverless({ timeout: 901 }),
      "COMPUTE_UNSUPPORTED",
      "at most 900 (https://docs.aws.amazon.com/lambda",
      "compute.container",
    ],
    [
      compute.serverless({ env: { A: "", AWS_REGION: "x" } }),
      "COMPUTE_UNSUPPORTED",
      "sets AWS_REGION",
      "Leave them out",
    ],
    [
      compute.serverless({ env: { GLACIER_BUCKET: "x" } }),
      "COMPUTE_UNSUPPORTED",
      "sets GLACIER_BUCKET",
      "Leave them out",
    ],
    [compute.serverless({ env: { "a-b": "x" } }), "COMPUTE_UNSUPPORTED", '"a-b"', "letters"],
    [
      compute.serverless({ env: { LARGE: "x".repeat(4000) } }),
      "COMPUTE_UNSUPPORTED",
      "4005 bytes of environment",
      "dataset",
    ],
    [
      compute.container({ image: "x", env: { AWS_ACCESS_KEY_ID: "x" } }),
      "COMPUTE_UNSUPPORTED",
      "sets AWS_ACCESS_KEY_ID",
      "Leave them out",
    ],
    [compute.container({ image: "x", env: { "a=b": "x" } }), "COMPUTE_UNSUPPORTED", '"a=b"', "without"],
    [
      compute.container({ image: "x", env: { LARGE: "x".repeat(60_000) } }),
      "COMPUTE_UNSUPPORTED",
      "a task definition has 65536",
      "image",
    ],
    [compute.container({ image: "node:24\nRUN evil" }), "COMPUTE_UNSUPPORTED", "no name of an image", "registry"],
    [compute.container({ image: "node:24 AS x" }), "COMPUTE_UNSUPPORTED", "no name of an image", "registry"],
    [compute.container({ image: "--platform=x" }), "COMPUTE_UNSUPPORTED", "no name of an image", "registry"],
  ])("%j", async (compute, code, message, hint) => {
    const { diagnostics, resources } = await compiled(one({ compute }));
    const error = diagnostics.find(({ severity }) => severity === "error")?.error;
    expect(error).toMatchObject({
      code,
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
    expect(resources).toEqual([]);
  });

  it("a command without an image", async () => {
    const command = task.command("load", { output: new Dataset("rows"), command: ["ls"] } as never);
    expect(await remarksOf(pipelineOf([command]))).toEqual([
      expect.stringMatching(/^error COMPUTE_UNSUPPORTED: task "load" runs a command/),
    ]);
  });
});

it("a container may set what a function can't", async () => {
  const env = { "a.b-c": "1", _HANDLER: "2", LARGE: "x".repeat(50_000) };
  const { resources, diagnostics } = await compiled(one({ compute: compute.container({ image: "x", env }) }));
  expect(diagnostics).toEqual([]);
  expect(resources.find(({ kind }) => kind === "taskDefinition")).toMatchObject({ env });
});

describe("sizes", () => {
  it("a container gets the next size that Fargate has, and is told where it asked for another", async () => {
    const sizeOf = async (options: { cpu?: number; memory?: number }) => {
      const { resources, diagnostics } = await compiled(
        one({ compute: compute.container({ image: "x", ...options }) }),
      );
      const found = resources.find(({ kind }) => kind === "taskDefinition") as { cpu: number; memory: number };
      return [found.cpu, found.memory, diagnostics.length];
    };
    expect(await sizeOf({})).toEqual([512, 1024, 0]);
    expect(await sizeOf({ cpu: 1, memory: 2048 })).toEqual([1024, 2048, 0]);
    expect(await sizeOf({ cpu: 1 })).toEqual([1024, 2048, 0]);
    expect(await sizeOf({ memory: 3000 })).toEqual([512, 3072, 1]);
    expect(await sizeOf({ cpu: 0.3, memory: 512 })).toEqual([512, 1024, 1]);
    expect(await sizeOf({ cpu: 0.25, memory: 5000 })).toEqual([1024, 5120, 1]);
    expect(await sizeOf({ cpu: 16, memory: 122_880 })).toEqual([16_384, 122_880, 0]);
    for (const { cpu, memory } of fargateSizes) {
      for (const mib of memory) expect(await sizeOf({ cpu: cpu / 1024, memory: mib })).toEqual([cpu, mib, 0]);
    }
  });

  it("a function outlives its attempt's timeout, so that the attempt can tell of it", async () => {
    const timeoutOf = async (options: object) => {
      const { resources } = await compiled(one(options));
      return (resources.find(({ kind, id }) => kind === "function" && id === "task_load") as { timeout: number })
        .timeout;
    };
    expect(await timeoutOf({})).toBe(900);
    expect(await timeoutOf({ timeout: 60 })).toBe(65);
    expect(await timeoutOf({ timeout: 60, compute: compute.serverless({ timeout: 30 }) })).toBe(35);
    expect(await timeoutOf({ timeout: 900 })).toBe(900);
  });
});

describe("storage that AWS can't reach is refused by the dataset's name", () => {
  const bound = (resource: { kind: string }) =>
    pipelineOf([taskOf("load", { output: new Dataset("rows", { storage: resource }) })]);
  const remote: Provider = {
    name: "remote",
    contract: 1,
    module: import.meta.url,
    storage: { shelf: () => ({}) as never },
  };

  it.each([
    [storage.localFs({ basePath: "data" }), "error STORAGE_UNREACHABLE", "in a folder of this machine"],
    [storage.memory(), "error STORAGE_UNREACHABLE", "in this process's memory"],
    [
      storage.s3({ bucket: "b", endpoint: "http://127.0.0.1:9000" }),
      "error STORAGE_UNREACHABLE",
      "a server of this machine",
    ],
    [{ kind: "shelf" }, "error PROVIDER_MISSING", "which no provider brings"],
  ])("%j", async (resource, code, why) => {
    expect(await remarksOf(bound(resource))).toEqual([
      expect.stringMatching(new RegExp(`^${code}: dataset "rows" \\(of "load"\\) is .*${why}`)),
    ]);
  });

  it("other kinds go by their provider, which must say where its code is", async () => {
    expect(await remarksOf(bound({ kind: "shelf" }), { providers: [remote] })).toEqual([]);
    const { module: _, ...here } = remote;
    expect(await remarksOf(bound({ kind: "shelf" }), { providers: [here] })).toEqual([
      expect.stringMatching(/^error STORAGE_UNREACHABLE: .*provider "remote", which doesn't say where its code is/),
    ]);
  });
});

describe("a template that CloudFormation doesn't take is told of, and not written; Terraform's files are", () => {
  const tooLarge = async (...given: Parameters<typeof compiled>) => {
    const { forms, diagnostics } = await compiled(...given);
    expect(diagnostics.map(({ severity }) => severity)).toEqual(["info"]);
    await expect(forms.cloudformation()).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: diagnostics[0]?.error.message,
    });
    expect(await forms.terraform()).toHaveProperty("main.tf.json");
    return diagnostics[0]?.error;
  };
  const tasks = (count: number) => pipelineOf(Array.from({ length: count }, (_, i) => taskOf(`t${i}`)));
  const page = "https://docs.aws.amazon.com/AWSCloudFormation/";

  it("of more than 500 resources, as they are in the file", async () => {
    const emails = (count: number) => Array.from({ length: count }, (_, i) => `a${i}@b.example`);
    const fits = await compiled(tasks(100), { alerts: { emails: emails(1) } });
    const { Resources } = JSON.parse(String((await fits.forms.cloudformation())["template.json"]));
    // Of subscriptions the model has none of its own.
    const most = 500 - Object.keys(Resources).length + 1;
    expect((await compiled(tasks(100), { alerts: { emails: emails(most) } })).diagnostics).toEqual([]);
    expect((await tooLarge(tasks(100), { alerts: { emails: emails(most + 1) } }))?.message).toContain(
      `has more resources than the 500 that a stack takes (${page}`,
    );
    expect((await tooLarge(tasks(500)))?.hint).toContain('"terraform"');
  });

  it("of more than 1 MiB", async () => {
    const env = { LARGE: "x".repeat(30_000) };
    const large = Array.from({ length: 40 }, (_, i) =>
      taskOf(`t${i}`, { compute: compute.container({ image: "x", env }) }),
    );
    expect((await tooLarge(pipelineOf(large)))?.message).toMatch(
      /is 1\d{6} bytes, and CloudFormation takes 1048576 \(/,
    );
  });

  it("in a line for each resource", async () => {
    const text = String((await (await compiled(tasks(3))).forms.cloudformation())["template.json"]);
    const { Resources } = JSON.parse(text);
    for (const [id, resource] of Object.entries(Resources))
      expect(text).toContain(`\n${JSON.stringify(id)}: ${JSON.stringify(resource)}`);
  });
});

it("all that is wrong comes at once, and then there are no files", async () => {
  const pipeline = pipelineOf(
    [
      taskOf("a", { compute: compute.local() }),
      taskOf("b", {
        compute: { kind: "abacus" },
        output: new Dataset("rows", { storage: storage.localFs({ basePath: "data" }) }),
      }),
    ],
    { schedule: "0 3 L * *" },
  );
  const compilation = await compiled(pipeline);
  expect(compilation.diagnostics.map(({ error }) => error.code).sort()).toEqual([
    "COMPUTE_UNSUPPORTED",
    "COMPUTE_UNSUPPORTED",
    "OPTION_INVALID",
    "STORAGE_UNREACHABLE",
  ]);
  await expect(compilation.forms.terraform()).rejects.toMatchObject({
    code: "STORAGE_UNREACHABLE",
    issues: { length: 4 },
  });
});

it("two schedules that may meet on a day are warned of", async () => {
  expect(await remarksOf(pipelineOf([taskOf("a")], { schedule: "0 3 13 * fri" }))).toEqual([
    expect.stringMatching(/^warning UNSUPPORTED: pipeline "orders" gets two schedules/),
  ]);
});

it("a time zone has a name", async () => {
  expect(
    await remarksOf(pipelineOf([taskOf("a")], { schedule: { cron: "0 3 * * *", timeZone: "+05:30" } as never })),
  ).toEqual([expect.stringMatching(/^error OPTION_INVALID: pipeline "orders" .*time zone "\+05:30"/)]);
});

it.each([
  ["us-east-1", "aws"],
  ["us-iso-east-1", "aws-iso"],
  ["us-isob-east-1", "aws-iso-b"],
  ["eu-isoe-west-1", "aws-iso-e"],
  ["us-isof-south-1", "aws-iso-f"],
  ["eusc-de-east-1", "aws-eusc"],
])("ARNs in %s are of the partition %s", async (region, partition) => {
  const { forms } = await compiled(one({}), { region });
  const main = String((await forms.terraform())["main.tf.json"]);
  expect(new Set(main.match(/(?<=arn:)aws[a-z-]*/g))).toEqual(new Set([partition]));
});

it("whoever deploys a template is told where its code goes", async () => {
  const files = await (await compiled(one({}))).forms.cloudformation();
  const { CodeBucket, CodeKey } = JSON.parse(String(files["template.json"])).Parameters;
  expect(files).toHaveProperty([CodeKey.Default]);
  expect(CodeBucket.Description).toContain(CodeKey.Default);
});

it("no text of users' is an expression of Terraform's", async () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Terraform's
  const email = '${file("/etc/hostname")}@acme.example';
  const { forms } = await compiled(one({}), { alerts: { emails: [email, "%{if}@acme.example"] } });
  const { resource } = JSON.parse(String((await forms.terraform())["main.tf.json"]));
  expect(Object.values(resource.aws_sns_topic_subscription)).toMatchObject([
    { endpoint: `$${email}` },
    { endpoint: "%%{if}@acme.example" },
  ]);
  const { Resources } = JSON.parse(String((await forms.cloudformation())["template.json"]));
  const ofEmails = Object.entries<{ Properties: { Endpoint: string } }>(Resources).filter(([id]) =>
    id.startsWith("AlertsSubscription"),
  );
  expect(ofEmails.map(([, { Properties }]) => Properties.Endpoint)).toContain(email);
});

it("one more address changes nothing for those that are confirmed", async () => {
  const subscriptions = async (emails: readonly string[]) => {
    const { forms } = await compiled(one({}), { alerts: { emails } });
    const { resource } = JSON.parse(String((await forms.terraform())["main.tf.json"]));
    const { Resources } = JSON.parse(String((await forms.cloudformation())["template.json"]));
    const ids = Object.keys(Resources).filter((id) => id.startsWith("AlertsSubscription"));
    return { ...resource.aws_sns_topic_subscription, ...Object.fromEntries(ids.map((id) => [id, Resources[id]])) };
  };
  const two = await subscriptions(["b@acme.example", "c@acme.example"]);
  const three = await subscriptions(["c@acme.example", "b@acme.example", "a@acme.example"]);
  expect(Object.keys(two)).toHaveLength(4);
  expect(Object.keys(three)).toHaveLength(6);
  expect(three).toMatchObject(two);
});

describe("transform", () => {
  it("changes what is printed, in each form", async () => {
    const { forms } = await compiled(one({}), {
      transform: ({ form, type, properties }) =>
        ["aws_lambda_function", "AWS::Lambda::Function"].includes(type) ? { ...properties, note: form } : properties,
    });
    const main = JSON.parse(String((await forms.terraform())["main.tf.json"]));
    const template = JSON.parse(String((await forms.cloudformation())["template.json"]));
    expect(main.resource.aws_lambda_function.task_load.note).toBe("terraform");
    expect(template.Resources.TaskLoadFunction.Properties.note).toBe("cloudformation");
    expect(main.resource.aws_s3_bucket.data.note).toBeUndefined();
  });

  it("what it throws comes with the resource that it was for", async () => {
    const cause = new TypeError("no such field");
    const { forms } = await compiled(one({}), {
      transform: () => {
        throw cause;
      },
    });
    for (const [form, type] of [
      ["terraform", "aws_s3_bucket"],
      ["cloudformation", "AWS::S3::Bucket"],
    ] as const) {
      await expect(forms[form]()).rejects.toMatchObject({
        code: "OPTION_INVALID",
        message: expect.stringMatching(new RegExp(`"transform" threw for ${type} "\\w+": .*no such field`)),
        cause,
      });
    }
  });

  it.each([() => undefined, () => ({ at: new Date(0) }), () => ({ size: Number.NaN }), () => []])(
    "%s is refused where that is no JSON object",
    async (transform) => {
      const { forms } = await compiled(one({}), { transform: transform as never });
      await expect(forms.terraform()).rejects.toMatchObject({
        code: "OPTION_INVALID",
        message: expect.stringContaining("transform"),
      });
    },
  );
});
