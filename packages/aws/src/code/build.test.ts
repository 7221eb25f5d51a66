import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { compute, createRegistry, Dataset, Pipeline, type Provider, task } from "@glacier/core";
import { strFromU8, unzipSync } from "fflate";
import { afterEach, describe, expect, it, vi } from "vitest";
import { defaultState, defaultStorage } from "../deployment.ts";
import { buildCode } from "./index.ts";
import { checkSize } from "./size.ts";

vi.setConfig({ testTimeout: 60_000 });

const folders: string[] = [];
const { TZ } = process.env;
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  if (TZ === undefined) delete process.env["TZ"];
  else process.env["TZ"] = TZ;
});

const source = `import { Dataset, Pipeline, task } from "@glacier/core";
const out = new Dataset("out");
export const pipeline = new Pipeline("p", [task("t", { output: out }, () => 42)], { module: import.meta.url });
`;

function project(files: Record<string, string> = {}): string {
  const root = mkdtempSync(join(tmpdir(), "glacier-code-"));
  folders.push(root);
  for (const [path, content] of Object.entries({ "package.json": "{}", "pipeline.ts": source, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  mkdirSync(join(root, "node_modules", "@glacier"), { recursive: true });
  symlinkSync(fileURLToPath(new URL("../../../core", import.meta.url)), join(root, "node_modules/@glacier/core"));
  return root;
}

async function build(
  root: string,
  { images = [], providers = [], storage }: { images?: string[]; providers?: Provider[]; storage?: string } = {},
) {
  const tasks = (images.length === 0 ? [undefined] : images).map((image, i) =>
    task(
      `t${i}`,
      {
        output: new Dataset<number>(`out${i}`, storage === undefined ? {} : { storage: { kind: storage } }),
        ...(image !== undefined && { compute: compute.container({ image }) }),
      },
      () => 1,
    ),
  );
  const pipeline = new Pipeline("p", tasks, { module: pathToFileURL(join(root, "pipeline.ts")).href });
  const plan = pipeline.plan({ for: { defaultStorage, state: defaultState } });
  return buildCode(plan, { pipeline, registry: createRegistry(providers) });
}

describe("the code of a deployment", () => {
  it("has the same bytes wherever and by whomever it is built", async () => {
    const first = await build(project(), { images: ["node:24"] });
    process.env["TZ"] = "Pacific/Auckland";
    const umask = process.umask(0o077);
    const second = await build(project(), { images: ["node:24"] }).finally(() => process.umask(umask));
    expect(second.zip.sha256).toBe(first.zip.sha256);
    expect(Buffer.compare(second.zip.bytes, first.zip.bytes)).toBe(0);
    expect(second.images).toEqual(first.images);
  });

  it("is a bundle with its source map and its plan, readable by any user", async () => {
    const root = project();
    const { zip } = await build(root);
    const files = unzipSync(zip.bytes);
    expect(Object.keys(files)).toEqual(["index.mjs", "index.mjs.map", "plan.json"]);
    const code = strFromU8(files["index.mjs"] as Uint8Array);
    const exported = /export \{([^}]*)\}/.exec(code)?.[1] ?? "";
    expect(exported.split(",").map((name) => name.trim().split(" ").at(-1))).toEqual(["handler", "main", "run"]);
    expect(code.endsWith("\n//# sourceMappingURL=index.mjs.map\n")).toBe(true);
    expect(JSON.parse(strFromU8(files["plan.json"] as Uint8Array))).toMatchObject({
      pipeline: "p",
      state: defaultState,
    });
    const all = Object.values(files)
      .map((file) => strFromU8(file))
      .join("");
    expect(all).not.toContain(root);
    expect(all.includes(fileURLToPath(new URL("../..", import.meta.url)))).toBe(false);
    // Version made by Unix, mode 0644, in the central directory's first entry.
    const at = Buffer.from(zip.bytes).indexOf("PK\u0001\u0002", 0, "latin1");
    const entry = new DataView(zip.bytes.buffer, zip.bytes.byteOffset + at);
    expect([entry.getUint8(5), (entry.getUint32(38, true) >>> 16).toString(8)]).toEqual([3, "100644"]);
  });

  it("brings the providers whose storage the plan has, and no others", async () => {
    const root = project({
      "redis.ts": 'export const redis = { name: "redis", contract: 1, storage: { redis: () => "redis-marker" } };\n',
      "other.ts": 'export const other = { name: "other", contract: 1, storage: { other: () => "other-marker" } };\n',
    });
    const provider = (name: string): Provider => ({
      name,
      contract: 1,
      module: pathToFileURL(join(root, `${name}.ts`)).href,
      storage: { [name]: () => ({}) as never },
    });
    const { zip } = await build(root, { providers: [provider("redis"), provider("other")], storage: "redis" });
    const code = strFromU8(unzipSync(zip.bytes)["index.mjs"] as Uint8Array);
    expect([code.includes("redis-marker"), code.includes("other-marker")]).toEqual([true, false]);
  });

  it("refuses a provider that doesn't say where its code is", async () => {
    const provider: Provider = { name: "redis", contract: 1, storage: { redis: () => ({}) as never } };
    await expect(build(project(), { providers: [provider], storage: "redis" })).rejects.toMatchObject({
      code: "PROVIDER_INVALID",
      message: expect.stringContaining("redis"),
    });
  });

  it("hands on what the bundler warns of", async () => {
    const root = project({
      "package.json": '{ "devDependencies": { "helper": "1" } }',
      "node_modules/helper/package.json": '{ "name": "helper", "exports": "./index.js", "type": "module" }',
      "node_modules/helper/index.js": "export const help = 1;\n",
      "pipeline.ts": `import { help } from "helper";\n${source}export const n = help;\n`,
    });
    const { remarks = [] } = await build(root);
    expect(remarks).toMatchObject([{ severity: "warning", error: { message: expect.stringContaining('"helper"') } }]);
  });

  it("names the packages of code that is too large", () => {
    const inputs = [
      { path: "node_modules/big/a.js", bytes: 2 * 2 ** 20 },
      { path: "node_modules/@acme/bigger/b.js", bytes: 3 * 2 ** 20 },
      { path: "src/pipeline.ts", bytes: 100 },
    ];
    const limit = { max: 2, page: "https://limits.example" };
    expect(() => checkSize({ a: "é" }, inputs, "p", limit)).not.toThrow();
    expect(() => checkSize({ a: "abc" }, inputs, "p", limit)).toThrow(
      expect.objectContaining({
        code: "BUNDLE_FAILED",
        message: expect.stringMatching(
          /takes 0\.0 MiB \(https:\/\/limits\.example\); .*@acme\/bigger \(3\.0 MiB\), big \(2\.0 MiB\), the pipeline's own files/,
        ),
      }),
    );
  });
});

describe("the images of container tasks", () => {
  it("are one for each base, each in a folder of its own", async () => {
    const { images, zip } = await build(project(), { images: ["node:24", "node:24", "acme/r_env:1", "acme-r/env:1"] });
    expect(images.map(({ base }) => base)).toEqual(["acme-r/env:1", "acme/r_env:1", "node:24"]);
    expect(new Set(images.map(({ name }) => name)).size).toBe(3);
    for (const { name, tag, base, files } of images) {
      expect(name).toMatch(/^[A-Za-z0-9-]+$/);
      expect(tag).toMatch(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/);
      expect(files["Dockerfile"]).toMatch(new RegExp(`^FROM ${base}\nCOPY .* /glacier/\nENTRYPOINT \\["node", `));
      expect(files["index.mjs"]).toBe(strFromU8(unzipSync(zip.bytes)["index.mjs"] as Uint8Array));
    }
    expect(new Set(images.map(({ tag }) => tag)).size).toBe(3);
  });
});
