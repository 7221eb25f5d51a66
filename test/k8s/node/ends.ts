import { describe, expect, it } from "vitest";
import { failureOf, type NodeCluster } from "./cluster.ts";
import * as pipelines from "./pipelines.ts";

/** How attempts end: each with its own code, and with what the pod itself says. */
export function ends(use: () => NodeCluster): void {
  describe.concurrent("an attempt ends with", { timeout: 240_000 }, () => {
    it.each<[string, pipelines.Runnable, object, string, RegExp]>([
      ["too little memory", pipelines.hungry, {}, "OUT_OF_MEMORY", /OOMKilled/],
      ["too little memory for its command", pipelines.hungryCommand, {}, "OUT_OF_MEMORY", /OOMKilled/],
      ["an image that isn't there", pipelines.absent, {}, "IMAGE_UNAVAILABLE", /ImagePullBackOff.*registry\.invalid/s],
      [
        "an image that may not be pulled",
        pipelines.absent,
        { imagePullPolicy: "Never" },
        "IMAGE_UNAVAILABLE",
        /ErrImageNeverPull.*not present/,
      ],
      ["an image's name that is none", pipelines.misnamed, {}, "IMAGE_UNAVAILABLE", /InvalidImageName.*No Image/s],
      ["an image without Node", pipelines.nodeless, {}, "IMAGE_UNAVAILABLE", /"node".*not found/s],
      ["more CPU than there is", pipelines.huge, { pendingTimeout: 3 }, "UNSCHEDULABLE", /Insufficient cpu/],
      ["a GPU that isn't there", pipelines.accelerated, { pendingTimeout: 3 }, "UNSCHEDULABLE", /nvidia\.com\/gpu/],
      ["a process that ends", pipelines.crashing, {}, "TASK_CRASHED", /exit code 7.*the last words/s],
      ["a Secret that isn't there", pipelines.plain, { envFrom: "nowhere" }, "OPTION_INVALID", /secret "nowhere"/],
      ["more in /tmp than it may have", pipelines.filling, {}, "EVICTED", /Evicted: .*exceeds the limit "64Mi"/],
    ])("%s", async (_, pipeline, more, code, words) => {
      const { error } = await failureOf(pipeline, await use().options(more));
      expect(error).toMatchObject({ code, message: expect.stringMatching(words) });
      expect(error.message).toContain(`task "`);
      expect(error.hint).not.toBe("");
    });
  });
}
