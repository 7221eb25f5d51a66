import { createStore, type ExecutionContext, GlacierError } from "@glacier/core";
import type { Code } from "./code.ts";

/** Code in the run's storage. */
export interface Shelf {
  /** Opens it for a pod that starts within a day; or, with credentials of a shorter life, as long as they last. */
  url(): Promise<string>;
  clear(): Promise<void>;
}

/** Seconds. S3's own limit is a week. */
const expiresIn = 24 * 60 * 60;

/** Stores code that is too large for a ConfigMap, for one run. Errors: `UNSUPPORTED` where the storage has no signed URLs; storage codes. */
export async function shelveCode(
  { bytes, hash }: Code,
  runId: string,
  { plan: { state, pipeline }, registry }: Pick<ExecutionContext, "plan" | "registry">,
): Promise<Shelf> {
  const store = createStore(registry.storage(state));
  const { adapter } = store;
  const sign = adapter.signedUrl?.bind(adapter);
  if (sign === undefined) {
    throw new GlacierError("UNSUPPORTED", {
      message: `the code of pipeline "${pipeline}" has ${Math.ceil(bytes.length / 1024)} KiB compressed, a ConfigMap takes 1024, and ${state.kind} storage can't give pods a URL for it`,
      hint: "Import less in the pipeline's module, or give the executor storage with signed URLs, such as S3.",
      context: { pipeline },
    });
  }
  // Not one for all runs: whichever ends first clears it.
  const key = `code/${pipeline}/${runId}-${hash}.json.gz`;
  await store.writeBytes(key, bytes);
  return { url: () => sign(key, { expiresIn }), clear: () => store.delete(key) };
}
