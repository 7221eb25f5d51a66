import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** A place in a file, from a stack. */
export interface Frame {
  /** The function's name, where it has one. */
  readonly name: string | undefined;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The frames of a stack that lie in files. */
export function framesOf(stack: string): Frame[] {
  return stack.split("\n").flatMap((line) => {
    const match =
      /^\s*at (?:(?:async )?(.*?) \()?(?:async )?((?:file:\/\/|\/|[A-Za-z]:[\\/])[^()]*?):(\d+):(\d+)\)?$/.exec(line);
    if (match === null) return [];
    const [, name, place, row, column] = match as unknown as [string, string | undefined, string, string, string];
    return [
      { name, file: place.startsWith("file:") ? pathOf(place) : place, line: Number(row), column: Number(column) },
    ];
  });
}

/** The user's own frames: inside the project and no dependency; else, where there are none, the first that is no dependency's. */
export function ownFrames(stack: string, root: string): Frame[] {
  const frames = framesOf(stack).filter(({ file }) => !file.includes(`${sep}node_modules${sep}`));
  const own = frames.filter(({ file }) => file.startsWith(root + sep));
  return own.length > 0 ? own : frames.slice(0, 1);
}

/** `src/tasks.ts:12:9`, relative to `cwd` where that is shorter. */
export function placeText(
  { file, line, column }: Pick<Frame, "file" | "line"> & { readonly column?: number },
  cwd: string,
): string {
  return `${shortPath(file, cwd)}:${line}${column === undefined ? "" : `:${column}`}`;
}

/** A path relative to `cwd` where that is shorter. */
export function shortPath(path: string, cwd: string): string {
  const near = relative(cwd, path);
  return near !== "" && near.length < path.length ? near : path;
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url.replace(/\?.*$/, ""));
  } catch {
    return url;
  }
}
