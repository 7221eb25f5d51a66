import { describe, expect, it } from "vitest";
import { LocalExecutor } from "./local-executor.ts";

const refused = (options: unknown) => {
  try {
    new LocalExecutor(options as never);
  } catch (error) {
    return error as { code: string; message: string; hint: string };
  }
  return undefined;
};

describe("options of a LocalExecutor", () => {
  it("puts data and state where they belong", () => {
    expect(new LocalExecutor()).toMatchObject({
      defaultStorage: { kind: "localFs", basePath: ".glacier/data" },
      state: { kind: "localFs", basePath: ".glacier" },
    });
    expect(new LocalExecutor({ storage: "out//" })).toMatchObject({
      defaultStorage: { kind: "localFs", basePath: "out//" },
      state: { kind: "localFs", basePath: "out/.glacier" },
    });
  });

  it("gives each executor in memory a storage of its own", () => {
    const [one, other] = [new LocalExecutor({ storage: "memory" }), new LocalExecutor({ storage: "memory" })];
    expect(one.defaultStorage.kind).toBe("memory");
    expect(one.defaultStorage).not.toEqual(one.state);
    expect(one.defaultStorage).not.toEqual(other.defaultStorage);
  });

  it.each([
    [{ concurrency: 0 }, "concurrency"],
    [{ concurrency: 1.5 }, "concurrency"],
    [{ concurrency: "4" }, "concurrency"],
    [{ storage: "" }, "storage"],
    [{ storage: 1 }, "storage"],
    [{ storage: "a\0b" }, "storage"],
    [{ docker: "unix:///var/run/docker.sock" }, "docker"],
    [{ docker: { socket: "/x" } }, "docker"],
    [{ docker: { port: "2375" } }, "docker"],
    [{ env: "A=1" }, "env"],
    [{ env: { A: 1 } }, "env"],
    [{ storge: "out" }, "storge"],
    [null, undefined],
    ["out", undefined],
  ])("refuses %j", (options, named) => {
    const error = refused(options);
    expect(error).toMatchObject({ code: "OPTION_INVALID" });
    expect(error?.hint).not.toBe("");
    if (named !== undefined) expect(error?.message).toContain(`"${named}"`);
  });

  it("takes undefined for what is left out", () => {
    expect(refused({ storage: undefined, concurrency: undefined, docker: undefined, env: undefined })).toBeUndefined();
  });
});
