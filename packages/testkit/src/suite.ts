import { describe, test } from "vitest";

/** Milliseconds that a case may take where nothing else is said. */
export const defaultTimeout: number = 60_000;

/** What every suite takes besides its own options. */
export interface SuiteOptions<Case extends string> {
  /** Cases that can't hold here, each with the reason why: one or two sentences, printed with the skip. */
  readonly skip?: { readonly [C in Case]?: string };
  /** Milliseconds that one case may take; random cases plan with half of it. Default 60,000. */
  readonly timeout?: number;
}

/** The tests of a suite by name; each makes what it tests for itself, so that no case sees what another left. */
export type Cases<Case extends string> = Readonly<Record<Case, () => Promise<void>>>;

/** Registers the cases as tests of vitest, below `describe(title)`. */
export function registerSuite<Case extends string>(
  title: string,
  cases: Cases<Case>,
  { skip = {}, timeout = defaultTimeout }: SuiteOptions<Case>,
): void {
  for (const [name, reason] of Object.entries<string | undefined>(skip)) {
    if (!Object.hasOwn(cases, name)) throw new TypeError(`${title}: there is no case "${name}" to skip`);
    if (reason === undefined || reason.trim() === "")
      throw new TypeError(`${title}: the skip of "${name}" needs a reason`);
  }
  describe(title, () => {
    for (const [name, run] of Object.entries<() => Promise<void>>(cases)) {
      const reason = skip[name as Case];
      if (reason === undefined) test(name, run, timeout);
      else {
        test(name, ({ skip, task }) => {
          // For whoever tells skips with a reason from forgotten ones.
          task.meta.glacierSkip = reason;
          skip(reason);
        });
      }
    }
  });
}

declare module "vitest" {
  interface TaskMeta {
    /** Why a case of a conformance suite doesn't apply. */
    glacierSkip?: string;
  }
}
