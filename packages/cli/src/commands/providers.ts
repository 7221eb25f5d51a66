import { dirname } from "node:path";
import type { GlacierError, Provider } from "@glacier/core";
import { exitCodes } from "../command/exit-code.ts";
import type { Command, CommandContext } from "../command/io.ts";
import { loadConfig } from "../project/config.ts";
import { type Conflict, conflictsIn } from "../project/conflicts.ts";
import { findRoot } from "../project/files.ts";
import { findPipelineFile } from "../project/find-pipeline.ts";
import type { FoundProvider } from "../project/found.ts";
import { loadProviders } from "../project/project.ts";
import { errorLines } from "../text/error.ts";
import { shortPath } from "../text/stack.ts";

/** One line of `--json`. */
interface Listed {
  readonly name: string;
  readonly package?: string;
  readonly version?: string;
  readonly contract?: number;
  readonly path?: string;
  readonly foundIn: string;
  readonly brings: Readonly<Record<string, readonly string[]>>;
  /** Why it can't be used, or not beside another one. */
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
}

/** `glacier providers`: what each brings and where it was found; those that can't be used, and conflicts, with the reason. */
export const command: Command = async (context) => {
  const { args, cwd, out } = context;
  const folder = folderOf(cwd, args.positionals[0]);
  const root = findRoot(folder);
  const config = await loadConfig(folder, root);
  const providers = await loadProviders(config, root);
  const conflicts = conflictsIn(providers);
  const errors = [...providers.flatMap(({ error }) => error ?? []), ...conflicts.map(({ error }) => error)];
  if (args.flag("json")) out.lines(providers.map((one) => JSON.stringify(listed(one, errorOf(one, conflicts), cwd))));
  else if (providers.length === 0) out.lines(emptyLines(config.config.providers !== undefined, context));
  else {
    const lines = providers.flatMap((one) => providerLines(one, errorOf(one, conflicts), context));
    out.lines([...lines, ...conflictLines(conflicts, { context, root })]);
  }
  return errors.length > 0 ? exitCodes.invalid : exitCodes.done;
};

/** Providers can be looked at before there is a pipeline. */
function folderOf(cwd: string, path: string | undefined): string {
  try {
    return dirname(findPipelineFile(cwd, path));
  } catch (error) {
    if (path !== undefined) throw error;
    return cwd;
  }
}

function errorOf(one: FoundProvider, conflicts: readonly Conflict[]): GlacierError | undefined {
  return one.error ?? conflicts.find(({ between }) => between.includes(one))?.error;
}

function listed(one: FoundProvider, error: GlacierError | undefined, cwd: string): Listed {
  const { package: from, version, path, foundIn, provider } = one;
  return {
    name: nameOf(one),
    ...(from !== undefined && { package: from }),
    ...(version !== undefined && { version }),
    ...(provider !== undefined && { contract: provider.contract }),
    ...(path !== undefined && { path: shortPath(path, cwd) }),
    foundIn: shortPath(foundIn, cwd),
    brings: provider === undefined ? {} : bringsOf(provider),
    ...(error !== undefined && { error: { code: error.code, message: error.message, hint: error.hint } }),
  };
}

function nameOf({ provider, error, package: from }: FoundProvider): string {
  return provider?.name ?? from ?? String(error?.context["provider"] ?? "?");
}

/** Names by what they are, in the order of the list. */
function bringsOf(provider: Provider): Record<string, string[]> {
  const kinds = ["executors", "formats", "storage", "targets"] as const;
  return Object.fromEntries(
    kinds.flatMap((kind) => {
      const names = Object.keys(provider[kind] ?? {}).sort();
      return names.length === 0 ? [] : [[kind, names]];
    }),
  );
}

function providerLines(one: FoundProvider, error: GlacierError | undefined, { out, cwd }: CommandContext): string[] {
  const { style } = out;
  const { package: from, version, contract, path, foundIn, brings } = listed(one, undefined, cwd);
  const facts = [
    ...(from === undefined ? [] : [version === undefined ? from : `${from} ${version}`]),
    ...(contract === undefined ? [] : [`contract ${contract}`]),
    `in ${foundIn}`,
    ...(path === undefined ? [] : [path]),
  ];
  return [
    `${error === undefined ? style.green("✔") : style.red("✖")} ${style.bold(nameOf(one))}  ${style.dim(facts.join("  "))}`,
    ...Object.entries(brings).map(([what, names]) => `  ${what.padEnd(9)}  ${names.join(", ")}`),
    ...(one.error === undefined
      ? []
      : [`  ${style.red(one.error.code)} ${one.error.message}`, `  ${style.yellow("hint:")} ${one.error.hint}`]),
  ];
}

/** Each conflict; then once, what decides all of them. */
function conflictLines(
  conflicts: readonly Conflict[],
  { context: { out, cwd, verbose }, root }: { readonly context: CommandContext; readonly root: string },
): string[] {
  const view = { style: out.style, cwd, root, verbose };
  return conflicts.flatMap(({ error }, index) => {
    const json = error.toJSON();
    return ["", ...errorLines(index < conflicts.length - 1 ? { ...json, hint: "" } : json, view)];
  });
}

function emptyLines(configured: boolean, { out: { style } }: CommandContext): string[] {
  return [
    `no providers: ${configured ? "glacier.config.ts lists none" : "no dependency of this project is one"}`,
    `${style.yellow("hint:")} npm install @glacier/local runs pipelines on this machine.`,
  ];
}
