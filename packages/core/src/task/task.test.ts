import { expect, it } from "vitest";
import { Dataset } from "../dataset/dataset.ts";
import { secret } from "./secret.ts";
import { task } from "./task.ts";

const withSecrets = (secrets: unknown) => () =>
  task("load", { output: new Dataset("rows"), secrets: secrets as never }, () => null as never);

it("secrets are references", () => {
  expect(withSecrets({ key: secret("api-key") })().secrets).toEqual({ key: { secret: "api-key" } });
});

it.each(["hunter2", null, {}, { secret: "hunter*2" }, { secret: 2 }])(
  "a secret that is %j is refused, and not told of",
  (value) => {
    expect(withSecrets({ key: value })).toThrow(
      expect.objectContaining({
        code: "OPTION_INVALID",
        message: 'task "load" has a secret "key" that is not a reference to one',
        hint: expect.stringContaining('secret("api-key")'),
      }),
    );
  },
);
