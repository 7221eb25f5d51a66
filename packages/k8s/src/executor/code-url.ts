import { createStore, type ExecutionContext, GlacierError } from "@glacier/core";
import type { Code } from "./code.ts";

/** Code in the run's storage. */
export interface Shelf {
  /** Opens it for as long as a pod may wait for its start. */
  readonly url: string;
  clear(): Promise<void>;
}

/** Seconds. S3's own limit is a week. */
const expiresIn = 24 * 60 * 60;

/** Stores code that is too large for a ConfigMap. Errors: `UNSUPPORTED` where the storage has no signed URLs; storage codes. */
export async function shelveCode(
  { bytes, hash }: Code,
  { plan: { state, pipeline }, registry }: Pick<ExecutionContext, "plan" | "registry">,
): Promise<Shelf> {
  const store = createStore(registry.storage(state));
  const { adapter } = store;
  if (adapter.signedUrl === undefined) {
    throw new GlacierError("UNSUPPORTED", {
      message: `the code of pipeline "${pipeline}" has ${Math.ceil(bytes.length / 1024)} KiB compressed, a ConfigMap takes 1024, and ${state.kind} storage can't give pods a URL for it`,
      hint: "Import less in the pipeline's module, or give the executor storage with signed URLs, such as S3.",
      context: { pipeline },
    });
  }
  const key = `code/${pipeline}/${hash}.json.gz`;
  await store.writeBytes(key, bytes);
  return { url: await adapter.signedUrl(key, { expiresIn }), clear: () => store.delete(key) };
}
