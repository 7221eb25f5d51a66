import { existsSync } from "node:fs";
import { dirname, join, parse } from "node:path";

/** The folder of the nearest package.json above a file, else the file's own folder. */
export function findRoot(file: string): string {
  const { root } = parse(file);
  for (let folder = dirname(file); folder !== root; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
  }
  return dirname(file);
}

/**
 * Names for files that don't depend on where the checkout lies or how dependencies were installed: relative to the root,
 * and `node_modules/<package>/…` for what any package manager put wherever it likes.
 */
export class Labels {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** The label of a path as esbuild gives it: relative to the root, perhaps behind a namespace. */
  of(path: string): string {
    const plain = path.replace(/^glacier-native:/, "");
    const at = plain.lastIndexOf("node_modules/");
    return at === -1 ? plain : plain.slice(at);
  }

  /** Replaces the paths that esbuild writes into readable code: comments above modules, names of CommonJS wrappers. */
  inCode(code: string, inputs: readonly string[]): string {
    const moved = new Set(inputs.filter((input) => this.of(input) !== input));
    if (moved.size === 0) return code;
    return code
      .replace(/^\/\/ (.+)$/gm, (line, path: string) => (moved.has(path) ? `// ${this.of(path)}` : line))
      .replace(/^ {2}"(.+)"\(/gm, (start, path: string) => (moved.has(path) ? `  "${this.of(path)}"(` : start));
  }

  /** Replaces a source map's sources, which are relative to the output folder `out/`. */
  inMap(map: string): string {
    const parsed = JSON.parse(map) as { sources: string[] };
    parsed.sources = parsed.sources.map((source) => this.of(source.replace(/^\.\.\//, "")));
    return JSON.stringify(parsed);
  }
}

/** The package that a label belongs to, if it is a dependency's. */
export function packageOf(label: string): string | undefined {
  return /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(label)?.[1];
}
