import { dirname } from "node:path";
import { createRegistry, type Provider, type RegistryEntry } from "@glacier/core";
import { exitCodes } from "../command/exit-code.ts";
import type { Command, Output } from "../command/io.ts";
import { loadConfig } from "../project/config.ts";
import type { DiscoveredProvider } from "../project/discover.ts";
import { findRoot } from "../project/files.ts";
import { findPipelineFile } from "../project/find-pipeline.ts";
import { loadProviders } from "../project/project.ts";
import { shortPath } from "../text/stack.ts";

/** One line of the list. */
interface Listed {
  readonly name: string;
  /** Absent for a provider that the config lists. */
  readonly package?: string;
  readonly version?: string;
  readonly from: string;
  readonly brings: Readonly<Record<string, readonly string[]>>;
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
}

/** `glacier providers`: what each brings and where it was found; those that don't load, with the reason. */
export const command: Command = async ({ args, cwd, out }) => {
  const folder = folderOf(cwd, args.positionals[0]);
  const root = findRoot(folder);
  const config = await loadConfig(folder, root);
  const { providers, discovered } = await loadProviders(config, root);
  const listed =
    discovered === undefined
      ? providers.map((provider) => fromConfig(provider, shortPath(config.file ?? root, cwd)))
      : discovered.map((one) => fromPackage(one, cwd));
  if (args.flag("json")) out.lines(listed.map((one) => JSON.stringify(one)));
  else out.lines(listLines(listed, config.file !== undefined, out));
  return listed.some(({ error }) => error !== undefined) ? exitCodes.invalid : exitCodes.done;
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

function fromConfig(provider: Provider, from: string): Listed {
  return { name: provider.name, from, brings: bringsOf(provider) };
}

function fromPackage({ package: name, version, path, provider, error }: DiscoveredProvider, cwd: string): Listed {
  return {
    name: provider?.name ?? name,
    package: name,
    ...(version !== undefined && { version }),
    from: shortPath(path, cwd),
    brings: provider === undefined ? {} : bringsOf(provider),
    ...(error !== undefined && { error: { code: error.code, message: error.message, hint: error.hint } }),
  };
}

const kinds: Readonly<Record<RegistryEntry["what"], string>> = {
  executor: "executors",
  format: "formats",
  storage: "storage",
  target: "targets",
};

function bringsOf(provider: Provider): Record<string, string[]> {
  const own = createRegistry([provider])
    .list()
    .filter((entry) => entry.provider === provider.name);
  const byKind = Object.groupBy(own, ({ what }) => kinds[what]);
  return Object.fromEntries(
    Object.entries(byKind).map(([kind, entries = []]) => [kind, entries.map(({ name }) => name)]),
  );
}

function listLines(listed: readonly Listed[], configured: boolean, { style }: Output): string[] {
  if (listed.length === 0) {
    const hint = configured ? "glacier.config.ts lists none" : "no dependency of this project is one";
    return [
      `no providers: ${hint}`,
      `${style.yellow("hint:")} npm install @glacier/local runs pipelines on this machine.`,
    ];
  }
  return listed.flatMap(({ name, package: from, version, from: path, brings, error }) => [
    `${error === undefined ? style.green("✔") : style.red("✖")} ${style.bold(name)}  ${style.dim([...(from === undefined ? [] : [`${from}${version === undefined ? "" : ` ${version}`}`]), path].join("  "))}`,
    ...(error === undefined
      ? Object.entries(brings).map(([what, names]) => `  ${what.padEnd(9)}  ${names.join(", ")}`)
      : [`  ${style.red(error.code)} ${error.message}`, `  ${style.yellow("hint:")} ${error.hint}`]),
  ]);
}
