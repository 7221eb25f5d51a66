import { describe, expect, it } from "vitest";
import { GlacierError } from "../errors/index.ts";
import { contractVersion, type Provider } from "./provider.ts";
import { createRegistry } from "./registry.ts";

const adapter = () => ({ read() {} }) as never;
const provider = (name: string, more: Partial<Provider> = {}): Provider => ({ name, contract: 1, ...more });
const url = (path: string) => `file:///project/node_modules/${path}`;

/** The error of a registry of these. */
function refused(...providers: unknown[]): GlacierError {
  try {
    createRegistry(providers as Provider[]);
  } catch (error) {
    if (error instanceof GlacierError) return error;
    throw error;
  }
  throw new Error("they were taken");
}

describe("the same provider counts once", () => {
  const first = provider("redis", { module: url("redis/index.js"), storage: { redis: adapter } });

  it.each<[string, Provider]>([
    ["the same object", first],
    ["its module under another URL", { ...first, module: `${first.module}?v=1`, storage: { redis: () => adapter() } }],
    [
      "another version of its package",
      provider("redis", {
        module: "file:///store/redis@2.0.0/node_modules/redis/lib/new.js",
        storage: { redis: () => adapter(), other: adapter },
      }),
    ],
    ["a copy that holds the same functions", provider("redis", { storage: { redis: adapter } })],
  ])("%s: the first", (_, second) => {
    expect(createRegistry([first, second]).providers).toEqual([first]);
  });

  it("of two copies the one that says where its module is", () => {
    expect(createRegistry([provider("redis", { storage: { redis: adapter } }), first]).providers).toEqual([first]);
  });

  it("a registry's providers make a registry again, of another copy of core too", () => {
    const { providers } = createRegistry([first]);
    expect(createRegistry(providers).list()).toEqual(createRegistry([first]).list());
    expect(providers).toEqual([first]);
  });
});

describe("PROVIDER_CONFLICT", () => {
  it("two different providers of one name, with their modules", () => {
    const [a, b] = ["redis-a", "@acme/redis-b"].map((name) =>
      provider("redis", { module: url(`${name}/index.js`), storage: { [`kind-${name.length}`]: adapter } }),
    );
    const { code, message } = refused(a, b);
    expect(code).toBe("PROVIDER_CONFLICT");
    expect(message).toContain(`called "redis": ${a?.module} and ${b?.module}`);
  });

  it("two packages of one scope are not one", () => {
    const [a, b] = ["@acme/a", "@acme/b"].map((name) =>
      provider("redis", { module: url(`${name}/index.js`), storage: { redis: () => adapter() } }),
    );
    expect(refused(a, b).code).toBe("PROVIDER_CONFLICT");
  });

  it("two providers of one kind: both names and all that they share", () => {
    const { code, message, context } = refused(
      provider("one", { storage: { redis: adapter, own: adapter }, executors: { redis: adapter } }),
      provider("two", { storage: { redis: adapter }, executors: { redis: adapter }, targets: { own: adapter } }),
    );
    expect([code, message]).toEqual([
      "PROVIDER_CONFLICT",
      'providers "one" and "two" both bring storage "redis", executor "redis"',
    ]);
    expect(context).toEqual({ provider: "one", other: "two" });
  });

  it("core's own formats and name are taken", () => {
    expect(refused(provider("mine", { formats: { json: adapter } }))).toMatchObject({
      code: "PROVIDER_CONFLICT",
      message: expect.stringContaining('"core" and "mine" both bring format "json"'),
    });
    expect(refused(provider("core")).code).toBe("PROVIDER_CONFLICT");
  });
});

describe("PROVIDER_INVALID", () => {
  it.each<[string, unknown, RegExp]>([
    ["nothing", undefined, /must be an object, not undefined/],
    ["no name", { contract: 1 }, /without name .*`name`/],
    ["an illegal name", provider("My Redis"), /"My Redis" .*`name`/],
    ["a contract in words", { name: "redis", contract: "1" }, /`contract` must be a whole number/],
    ["a module that is no URL", provider("redis", { module: "./index.js" }), /`module` must be a URL/],
    ["storage that is a function", { name: "redis", contract: 1, storage: adapter }, /`storage` must be an object/],
    ["an executor that is none", { name: "redis", contract: 1, executors: { x: {} } }, /`executors\.x` must be a func/],
    ["a name with a space", provider("redis", { targets: { "a b": adapter } }), /`targets` has the name "a b"/],
    [
      "several mistakes",
      { name: "redis", contract: 1, module: 1, formats: [] },
      /`module` .*; `formats` must be an object/,
    ],
  ])("%s", (_, value, message) => {
    const error = refused(value);
    expect(error.code).toBe("PROVIDER_INVALID");
    expect(error.message).toMatch(message);
  });

  it.each<[string, object, RegExp, RegExp]>([
    [
      "an older contract",
      { contract: contractVersion - 1 },
      /written for contract 0; .*has contract 1/,
      /that brings "old/,
    ],
    [
      "a newer contract",
      { contract: contractVersion + 1 },
      /written for contract 2/,
      /Upgrade @glacier\/core: npm install/,
    ],
    ["no contract", {}, /declares no contract/, /that brings "old".*`contract: 1`/],
  ])("%s: the hint says which to upgrade", (_, declared, message, hint) => {
    const error = refused({ name: "old", ...declared });
    expect(error.code).toBe("PROVIDER_INVALID");
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });

  it("a factory that makes something else", () => {
    const registry = createRegistry([provider("odd", { targets: { odd: (() => ({})) as never } })]);
    expect(() => registry.target("odd")).toThrow(/provider "odd" made no target of "odd": .*`compile`/);
  });

  it("a factory that throws: its provider and kind, and what it threw as the cause", () => {
    const cause = new TypeError("bad options");
    const fail = (error: unknown) => () => {
      throw error;
    };
    const registry = createRegistry([
      provider("mine", { executors: { odd: fail(cause) }, targets: { odd: fail("no error at all") } }),
    ]);
    expect(() => registry.executor("odd")).toThrow(
      expect.objectContaining({
        code: "PROVIDER_INVALID",
        message: 'provider "mine" failed to make executor "odd": bad options',
        context: { provider: "mine", kind: "odd" },
        cause,
      }),
    );
    expect(() => registry.target("odd")).toThrow(expect.objectContaining({ code: "PROVIDER_INVALID" }));
  });

  it("a factory's GlacierError is thrown as it is", () => {
    const refusal = new GlacierError("OPTION_INVALID", { message: "no such region", hint: "Take another." });
    const odd = () => {
      throw refusal;
    };
    const registry = createRegistry([provider("mine", { targets: { odd } })]);
    expect(() => registry.target("odd")).toThrow(refusal);
  });
});

it("PROVIDER_MISSING lists what is known and names the package", () => {
  const registry = createRegistry([provider("redis", { storage: { redis: adapter } })]);
  expect(() => registry.storage({ kind: "s3" })).toThrow(
    expect.objectContaining({
      code: "PROVIDER_MISSING",
      message: 'no provider brings the storage "s3"; known: redis',
      hint: expect.stringContaining("npm install @glacier/aws"),
    }),
  );
});
