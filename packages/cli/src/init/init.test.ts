import { isGlacierError } from "@glacier/core";
import { expect, test } from "vitest";
import { chooseProvider, knownProviders } from "./known-providers.ts";
import { kindOf, naming } from "./names.ts";
import { projectFiles } from "./project-files.ts";

test.each([
  ["My Orders!", "my-orders"],
  ["2024 sales", "sales"],
  ["日本", "pipeline"],
])("a pipeline's name from a folder's: %s", (folder, name) => {
  expect(naming.pipeline.from(folder)).toBe(name);
});

test.each([
  ["glacier-sftp", "glacier-sftp", "sftp"],
  ["SFTP", "glacier-sftp", "sftp"],
  ["sftp-glacier", "sftp-glacier", "sftp"],
  ["glacier_my store", "glacier_my-store", "mystore"],
])("a provider's package and kind from a folder's name: %s", (folder, name, kind) => {
  expect(naming.provider.from(folder)).toBe(name);
  expect(naming.provider.mistake(name)).toBeUndefined();
  expect(kindOf(name)).toBe(kind);
});

test("the scope is no part of a provider's kind", () => {
  expect(kindOf("@acme/glacier-sftp")).toBe("sftp");
  expect(kindOf("@glacier-fans/my.store")).toBe("mystore");
});

test.each(["Glacier-Sftp", "glacier sftp", "@acme", "glacier", "glacier-7z", "@acme/glacier-s3", "glacier-local"])(
  "no name for a provider package: %s",
  (name) => {
    expect(naming.provider.mistake(name)).toBeTypeOf("string");
  },
);

test.each([
  ["formats", { package: "@glacier/formats" }],
  ["aws", { package: "@glacier/aws" }],
  ["k8s", { package: "@glacier/k8s" }],
  ["@glacier/formats", { package: "@glacier/formats" }],
  ["glacier-redis", { package: "glacier-redis" }],
  ["@acme/storage", { package: "@acme/storage" }],
  ["@acme/glacier-redis@^2.1.0", { package: "@acme/glacier-redis", range: "^2.1.0" }],
])("--provider %s", (text, chosen) => {
  expect(chooseProvider(text)).toMatchObject(chosen);
});

test.each([
  ["format", /Did you mean formats\?/],
  ["gcp", /Known: aws, formats, k8s/],
  ["redis", /Known: aws, formats, k8s/],
  ["@glacier/gcp", /Known: aws, formats, k8s/],
  ["@acme/", /@acme\/glacier-redis/],
  ["glacier redis", /glacier-redis/],
  ["glacier-redis@", /glacier-redis@2/],
  ["../glacier-redis", /glacier-redis/],
])("--provider %s is refused", (text, hint) => {
  let thrown: unknown;
  try {
    chooseProvider(text);
  } catch (error) {
    thrown = error;
  }
  expect(isGlacierError(thrown, "USAGE") && thrown.hint).toMatch(hint);
});

test("a pipeline's dependencies are the chosen providers, in the versions that were asked for, and its README names them", () => {
  const providers = ["formats", "glacier-redis", "@acme/glacier-sftp@2"].map(chooseProvider);
  const files = projectFiles({ template: "pipeline", name: "orders", providers });
  expect(JSON.parse(files["package.json"] ?? "").dependencies).toMatchObject({
    "@glacier/core": expect.stringMatching(/\^/),
    "@glacier/formats": expect.stringMatching(/\^/),
    "glacier-redis": "latest",
    "@acme/glacier-sftp": "2",
  });
  expect(files["README.md"]).toMatch(/@glacier\/formats`: csv[\s\S]*`glacier-redis`[\s\S]*`@acme\/glacier-sftp`/);
  expect(files["src/datasets.ts"]).toContain("parquet()");
});

test("a pipeline for AWS has the environment for it", () => {
  const files = projectFiles({ template: "pipeline", name: "orders", providers: [chooseProvider("aws")] });
  expect(files["glacier.config.ts"]).toMatch(/aws: \{\n\s+executor: "aws"/);
});

test("a pipeline for Kubernetes has the environment for it, and brings the storage that it names", () => {
  const files = projectFiles({ template: "pipeline", name: "orders", providers: [chooseProvider("k8s")] });
  expect(files["glacier.config.ts"]).toMatch(/kubernetes: \{\n\s+executor: "kubernetes"/);
  expect(JSON.parse(files["package.json"] ?? "").dependencies).toMatchObject({
    "@glacier/aws": expect.stringMatching(/\d|workspace:/),
    "@glacier/k8s": expect.stringMatching(/\d|workspace:/),
  });
  expect(files["README.md"]).toContain("`@glacier/aws`: S3");
});

test("a pipeline for both has both", () => {
  const files = projectFiles({ template: "pipeline", name: "orders", providers: ["aws", "k8s"].map(chooseProvider) });
  const { stripTypeScriptTypes } = process.getBuiltinModule("node:module");
  const config = stripTypeScriptTypes(files["glacier.config.ts"] ?? "");
  expect(config.match(/^import /gm)).toHaveLength(1);
  const { environments } = new Function(
    "storage",
    config.replace(/^import .*$/m, "").replace("export default", "return"),
  )({
    s3: (options: object) => ({ kind: "s3", ...options }),
  });
  expect(Object.keys(environments)).toEqual(["default", "aws", "kubernetes"]);
  expect(environments).toMatchObject({
    aws: { target: "aws" },
    kubernetes: { targetOptions: { storage: { kind: "s3" } } },
  });
});

test("a provider's files are called by its name and its kind, and by nothing else", () => {
  const files = projectFiles({ template: "provider", name: "@acme/glacier-my-store", providers: [] });
  const text = Object.values(files).join("\n");
  expect(text).not.toMatch(/drawer/i);
  expect(text).toContain('import { mystoreStorage } from "@acme/glacier-my-store"');
  expect(text).toContain('name: "mystore"');
  expect(text).toContain("interface MystoreResource extends StorageResource");
  expect(JSON.parse(files["package.json"] ?? "")).toMatchObject({
    name: "@acme/glacier-my-store",
    glacier: { provider: "provider" },
  });
});

test("the versions of every provider that is known are", () => {
  const providers = Object.keys(knownProviders).map(chooseProvider);
  const { dependencies } = JSON.parse(
    projectFiles({ template: "pipeline", name: "orders", providers })["package.json"] ?? "",
  );
  for (const { package: name } of providers) expect(dependencies[name]).toMatch(/\d|workspace:/);
});
