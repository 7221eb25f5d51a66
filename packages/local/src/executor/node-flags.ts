/** Flags that take a value, as `--flag=value` or as two words. */
const withValue = new Set([
  "--conditions",
  "-C",
  "--import",
  "--require",
  "-r",
  "--loader",
  "--experimental-loader",
  "--disable-warning",
]);
const alone = new Set([
  "--enable-source-maps",
  "--experimental-import-meta-resolve",
  "--experimental-strip-types",
  "--experimental-transform-types",
  "--no-strip-types",
  "--no-warnings",
  "--preserve-symlinks",
  "--preserve-symlinks-main",
  "--use-bundled-ca",
  "--use-openssl-ca",
  "--use-system-ca",
]);

/**
 * Those of Node's own flags (and of `NODE_OPTIONS`) that say how modules load: a thread or process that loads the same modules
 * needs them too. All others stay here: a debugger's port, `--eval`, `--env-file`, `--test`, limits of memory.
 */
export function loadingFlags(
  argv: readonly string[] = process.execArgv,
  nodeOptions: string = process.env["NODE_OPTIONS"] ?? "",
): string[] {
  const words = [...nodeOptions.split(/\s+/), ...argv];
  const kept: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    const [name = ""] = word.split("=", 1);
    const value = words[at + 1];
    if (alone.has(word)) kept.push(word);
    else if (!withValue.has(name)) continue;
    else if (word !== name) kept.push(word);
    else if (value !== undefined) {
      kept.push(word, value);
      at++;
    }
  }
  return kept;
}

/** {@link loadingFlags}, and while this package runs from its sources (`url` is one of them) the condition that finds the others. */
export function flagsFrom(url: string): string[] {
  const flags = loadingFlags();
  const source = "--conditions=@glacier/source";
  return url.endsWith(".ts") && !flags.includes(source) ? [...flags, source] : flags;
}
