import { existsSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join, parse, relative, resolve, sep } from "node:path";
import type { SourceMapText } from "./source-map.ts";

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
 * and `node_modules/<package>/…` for what a package manager stored or linked wherever it likes.
 */
export class Labels {
  readonly root: string;
  readonly #known: Map<string, string> = new Map();
  /** The package that a folder lies in: its own folder, and its name. */
  readonly #packages: Map<string, { folder: string; name: string | undefined }> = new Map();

  constructor(root: string) {
    this.root = root;
  }

  /** The label of a path as esbuild gives it: relative to the root, perhaps behind a namespace. */
  of(path: string): string {
    let label = this.#known.get(path);
    if (label === undefined) {
      label = this.#find(path.replace(/^glacier-native:/, ""));
      this.#known.set(path, label);
    }
    return label;
  }

  #find(path: string): string {
    const at = path.lastIndexOf("node_modules/");
    if (at !== -1) return path.slice(at);
    const near = isAbsolute(path) ? relative(this.root, path).replaceAll(sep, "/") : path;
    return near.startsWith("../") ? (this.#linked(resolve(this.root, near)) ?? near) : near;
  }

  /** For a file of a linked package, one that lies outside of the root and doesn't enclose it. */
  #linked(file: string): string | undefined {
    const { folder, name } = this.#packageAround(file);
    if (`${this.root}${sep}`.startsWith(`${folder}${sep}`)) return undefined;
    return name === undefined ? undefined : `node_modules/${name}/${relative(folder, file).replaceAll(sep, "/")}`;
  }

  #packageAround(file: string): { folder: string; name: string | undefined } {
    let found = this.#packages.get(dirname(file));
    if (found === undefined) {
      const folder = findRoot(file);
      found = { folder, name: readPackage(folder).name };
      this.#packages.set(dirname(file), found);
    }
    return found;
  }

  /** Replaces the paths that esbuild writes into readable code: comments above modules, names of CommonJS wrappers. */
  inCode(code: string, inputs: readonly string[]): string {
    const moved = new Set(inputs.filter((input) => this.of(input) !== input));
    if (moved.size === 0) return code;
    return code.replace(/^(\/\/ | {2}")(.+?)("\(|$)/gm, (text, start: string, path: string, end: string) =>
      moved.has(path) ? `${start}${this.of(path)}${end}` : text,
    );
  }

  /** Replaces a source map's sources. */
  inMap({ sources, rest }: SourceMapText): SourceMapText {
    return { sources: sources.map((source) => this.of(pathOf(source))), rest };
  }
}

/** The path, relative to the root, of a map's source: that is relative to the output folder `out/`. */
export function pathOf(source: string): string {
  return source.replace(/^\.\.\//, "");
}

/** The package that a label belongs to, if it is a dependency's. */
export function packageOf(label: string): string | undefined {
  return /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(label)?.[1];
}

type Section = Readonly<Record<string, string>>;

/** What the bundler reads of a package.json. */
interface PackageJson {
  readonly name?: string;
  readonly dependencies?: Section;
  readonly peerDependencies?: Section;
  readonly optionalDependencies?: Section;
  readonly devDependencies?: Section;
}

/** A folder's package.json; empty where it can't be read. */
export function readPackage(folder: string): PackageJson {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  } catch {
    return {};
  }
}
