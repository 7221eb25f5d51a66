import type { GlacierError } from "@glacier/core";
import type Docker from "dockerode";
import { beforeEach, expect, it } from "vitest";
import { createPuller, type Puller } from "./pull.ts";

type Step = { readonly id: string; readonly progressDetail: { readonly current: number; readonly total: number } };

/** As much of dockerode as a pull needs: an engine without images, whose pulls the test ends itself. */
class FakeEngine {
  readonly pulls: { image: string; signal: AbortSignal; step(step: Step): void; end(error?: Error): void }[] = [];
  readonly docker: Docker;

  constructor() {
    this.docker = {
      getImage: () => ({
        inspect: () => Promise.reject(Object.assign(new Error("no such image"), { statusCode: 404 })),
      }),
      pull: async (image: string, { abortSignal }: { abortSignal: AbortSignal }) => ({ image, abortSignal }),
      modem: {
        followProgress: (
          { image, abortSignal }: { image: string; abortSignal: AbortSignal },
          end: (error?: Error) => void,
          step: (step: Step) => void,
        ) => {
          abortSignal.addEventListener("abort", () => end(new Error("aborted")));
          this.pulls.push({ image, signal: abortSignal, step, end });
        },
      },
    } as never;
  }
}

let engine: FakeEngine;
let pull: Puller;
let notes: string[];
const note = (text: string) => void notes.push(text);
const never = new AbortController().signal;
const started = (count: number) => expect.poll(() => engine.pulls.length).toBe(count);

beforeEach(() => {
  engine = new FakeEngine();
  pull = createPuller();
  notes = [];
});

it("pulls an image once for all who want it, and tells each how far it is", async () => {
  const both = [pull(engine.docker, "a:1", note, never), pull(engine.docker, "a:1", note, never)];
  await started(1);
  engine.pulls[0]?.step({ id: "layer", progressDetail: { current: 5e6, total: 20e6 } });
  engine.pulls[0]?.end();
  await Promise.all(both);
  expect(engine.pulls).toHaveLength(1);
  expect(notes.filter((text) => text === "pulling a:1: 5 of 20 MB")).toHaveLength(2);
});

it("pulls the tag `latest` where none is named, and a digest as it is", async () => {
  const images = ["host:5000/a", "a@sha256:abc"].map((image) => pull(engine.docker, image, note, never));
  await started(2);
  expect(engine.pulls.map(({ image }) => image)).toEqual(["host:5000/a:latest", "a@sha256:abc"]);
  for (const { end } of engine.pulls) end();
  await Promise.all(images);
});

it("goes on for the others when one that waits gives up", async () => {
  const impatient = new AbortController();
  const first = pull(engine.docker, "a:1", note, impatient.signal);
  const second = pull(engine.docker, "a:1", note, never);
  await started(1);
  impatient.abort(new Error("out of time"));
  await expect(first).rejects.toThrow("out of time");
  expect(engine.pulls[0]?.signal.aborted).toBe(false);
  engine.pulls[0]?.end();
  await expect(second).resolves.toBeUndefined();
});

it("ends a pull that nobody waits for, and begins a new one for the next", async () => {
  const impatient = new AbortController();
  const first = pull(engine.docker, "a:1", note, impatient.signal);
  await started(1);
  impatient.abort(new Error("out of time"));
  await expect(first).rejects.toThrow("out of time");
  expect(engine.pulls[0]?.signal.aborted).toBe(true);
  const next = pull(engine.docker, "a:1", note, never);
  await started(2);
  engine.pulls[1]?.end();
  await expect(next).resolves.toBeUndefined();
});

it("says what is missing when a pull fails, to all who wait, and tries again for the next", async () => {
  const both = [pull(engine.docker, "a:1", note, never), pull(engine.docker, "a:1", note, never)];
  await started(1);
  engine.pulls[0]?.end(new Error("denied"));
  for (const result of await Promise.allSettled(both)) {
    const { code, message, hint } = (result as PromiseRejectedResult).reason as GlacierError;
    expect(code).toBe("IMAGE_UNAVAILABLE");
    expect(message).toContain('"a:1"');
    expect(message).toContain("denied");
    expect(hint).toContain("docker login");
  }
  const next = pull(engine.docker, "a:1", note, never);
  await started(2);
  engine.pulls[1]?.end();
  await expect(next).resolves.toBeUndefined();
});
