import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DockerService, dockerMissing, nodeImage, shellImage, startDocker } from "../services/docker.ts";
import { type RegistryService, registryMissing, startRegistry } from "../services/registry.ts";
import { glacier, installProvider, numbersPipeline, project } from "./harness.ts";

const { arch } = process;
const platform = `linux/${arch === "x64" ? "amd64" : arch}`;

/** A target whose compilation needs an image on each of these. */
function target(bases: readonly string[], host = "127.0.0.1:1", credentials?: RegistryService["credentials"]): string {
  return `{
    name: "imaged",
    contract: 1,
    targets: { imaged: () => ({
      name: "imaged",
      defaultStorage: { kind: "localFs", basePath: "data" },
      state: { kind: "localFs", basePath: "state" },
      compile: async () => ({
        diagnostics: [],
        forms: { plain: async () => ({}) },
        images: ${JSON.stringify(bases)}.map((base) => ({
          base,
          name: "glacier/numbers",
          tag: base.replace(/\\W/g, "-"),
          platform: ${JSON.stringify(platform)},
          context: async () => ({ Dockerfile: "FROM " + base + "\\nCOPY say.mjs /say.mjs\\nENTRYPOINT [\\"node\\", \\"/say.mjs\\"]\\n", "say.mjs": "console.log(process.getuid(), 'hello')" }),
          registry: async () => ({ repository: ${JSON.stringify(host)} + "/numbers", credentials: ${JSON.stringify(credentials)} }),
        })),
      }),
    }) },
  }`;
}

function projectWith(provider: string): string {
  const root = project({ "pipeline.ts": numbersPipeline }, ["@glacier/core", "@glacier/local", "zod", "imaged"]);
  installProvider(root, "imaged", provider);
  return root;
}

const tag = nodeImage.replace(/\W/g, "-");
const args = ["--target", "imaged"];

test("without images nothing is asked of Docker", async () => {
  const root = projectWith(target([]));
  const { code, stdout } = await glacier(root, ["build", ...args], { DOCKER_HOST: "unix:///nowhere.sock" });
  expect([code, stdout]).toEqual([0, "numbers needs no images for imaged\n"]);
});

test("without a Docker engine the error says how to reach one", async () => {
  const root = projectWith(target([nodeImage]));
  const { code, stderr } = await glacier(root, ["build", ...args], { DOCKER_HOST: "unix:///nowhere.sock" });
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/DOCKER_UNAVAILABLE[\s\S]*DOCKER_HOST/);
});

describe.skipIf(dockerMissing() !== undefined || registryMissing() !== undefined)("images on a real engine", () => {
  let engine: DockerService;
  let registry: RegistryService;
  let env: Record<string, string>;
  beforeAll(async () => {
    [engine, registry] = await Promise.all([startDocker(), startRegistry()]);
    env = { DOCKER_HOST: `unix://${engine.socketPath}` };
  }, 120_000);
  afterAll(async () => {
    await registry?.stop();
    await engine?.stop();
  });

  test("build makes them once; any user may read what is in them", async () => {
    const root = projectWith(target([nodeImage]));
    const first = await glacier(root, ["build", ...args], env);
    expect([first.code, first.stderr]).toEqual([0, ""]);
    expect(first.stdout).toBe(`✔ glacier/numbers:${tag} built on ${nodeImage}\n`);
    const run = ["run", "--rm", "--network=none", "--user=1234", `glacier/numbers:${tag}`];
    expect(engine.docker(...run)).toBe("1234 hello\n");
    const second = await glacier(root, ["build", ...args, "--json"], env);
    expect(JSON.parse(second.stdout)).toMatchObject({ images: [{ image: `glacier/numbers:${tag}`, built: false }] });
    expect(engine.docker("ps", "-aq")).toBe("");
  });

  test("push takes them to the registry, once", async () => {
    const root = projectWith(target([nodeImage], registry.host, registry.credentials));
    const first = await glacier(root, ["push", ...args], env);
    expect([first.stderr, first.stdout]).toEqual(["", `✔ ${registry.host}/numbers:${tag} pushed\n`]);
    expect(await registry.tags("numbers")).toEqual([tag]);
    const second = await glacier(root, ["push", ...args], env);
    expect(second.stdout).toBe(`✔ ${registry.host}/numbers:${tag} is there already\n`);
  });

  test("push without a login is denied, and says so", async () => {
    const root = projectWith(target([nodeImage], registry.host));
    const { code, stderr } = await glacier(root, ["push", ...args], env);
    expect(code).toBe(1);
    expect(stderr).toContain("PERMISSION_DENIED");
  });

  test("an image without Node is refused, and leaves none behind", async () => {
    const root = projectWith(target([nodeImage, shellImage]));
    const { code, stderr } = await glacier(root, ["build", ...args], env);
    expect(code).toBe(1);
    expect(stderr).toContain("IMAGE_UNAVAILABLE");
    expect(stderr).toContain(`image "${shellImage}" has no Node`);
    expect(stderr).toContain("22.18");
    expect(engine.docker("images", "-q", `glacier/numbers:${shellImage.replace(/\W/g, "-")}`)).toBe("");
  });

  test("an image that isn't anywhere is named", async () => {
    const root = projectWith(target(["127.0.0.1:1/no/such:1"]));
    const { code, stderr } = await glacier(root, ["build", ...args], env);
    expect(code).toBe(1);
    expect(stderr).toMatch(/IMAGE_UNAVAILABLE.*"127\.0\.0\.1:1\/no\/such:1"/);
  });

  test("a registry that doesn't answer is an error with what to do first", async () => {
    const root = projectWith(target([nodeImage]));
    const { code, stderr } = await glacier(root, ["push", ...args], env);
    expect(code).toBe(1);
    expect(stderr).toMatch(/IMAGE_UNAVAILABLE.*127\.0\.0\.1:1\/numbers:/);
  });
});
