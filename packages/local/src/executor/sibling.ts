/** The file beside a module of this package, in its sources or in its build. */
export function sibling(url: string, name: string): URL {
  return new URL(url.endsWith(".ts") ? `./${name}.ts` : `./${name}.mjs`, url);
}
