import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join, normalize, sep } from "node:path";
import { type Artifacts, describeThrown, GlacierError } from "@glacier/core";
import { writeArtifacts } from "@glacier/core/node";

/** A file that was written. */
export interface WrittenFile {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/**
 * Names what `compile` wrote into a folder, one path a line: so a later one knows which files are its own. Without an
 * extension, since `kubectl apply -f` takes every .json and .yaml.
 */
const record = ".glacier-files";

/** Begins the record's line that says whose files they are. */
const ownerMark = "# Of pipeline ";

/** What a compilation is of, and by which target. */
export interface CompiledOf {
  readonly target: string;
  readonly pipeline: string;
  readonly tenant?: string | undefined;
}

/**
 * Writes a compilation's files. `stale` are those of an earlier compilation that are still there and no part of this one;
 * they stay. Errors, before anything is written: `USAGE` where a file would be replaced that no compilation wrote, and where
 * the folder is another pipeline's or tenant's; `PROVIDER_INVALID` for a file in the record's place; and those of `writeArtifacts`.
 */
export async function writeCompiled(
  artifacts: Artifacts,
  folder: string,
  { target, pipeline, tenant }: CompiledOf,
): Promise<{ readonly files: readonly WrittenFile[]; readonly stale: readonly string[] }> {
  const paths = Object.keys(artifacts).sort();
  const taken = paths.find((path) => normalize(path).split(sep)[0] === record);
  if (taken !== undefined) throw notTheirs(taken, target);
  const before = (await read(join(folder, record)))?.toString() ?? "";
  const owner = `${ownerMark}${pipeline}${tenant === undefined ? "" : `, tenant ${tenant}`}`;
  const other = before.split(/\r?\n/).find((line) => line.startsWith(ownerMark));
  if (other !== undefined && other !== owner) throw anothers(folder, other.slice(ownerMark.length));
  const earlier = pathsIn(before);
  for (const path of paths) {
    const there = earlier.has(path) ? undefined : await read(join(folder, path));
    if (there !== undefined && !there.equals(Buffer.from(artifacts[path] as string))) throw notOurs(path, folder);
  }
  const stale: string[] = [];
  for (const path of [...earlier].sort()) {
    if (!Object.hasOwn(artifacts, path) && (await read(join(folder, path))) !== undefined) stale.push(path);
  }
  const lines = ["# What glacier compile wrote here.", owner, ...[...paths, ...stale].sort()];
  // Its path sorts before most others, and it names them all: also where writing stops half-way.
  await writeArtifacts({ ...artifacts, [record]: `${lines.join("\n")}\n` }, folder);
  return { files: paths.map((path) => described(path, artifacts[path] as string | Uint8Array)), stale };
}

function described(path: string, content: string | Uint8Array): WrittenFile {
  return { path, bytes: Buffer.byteLength(content), sha256: createHash("sha256").update(content).digest("hex") };
}

function pathsIn(text: string): Set<string> {
  const lines = text.split(/\r?\n/);
  return new Set(lines.filter((line) => line !== "" && !line.startsWith("#")));
}

/** A file's bytes; undefined where there is none. */
async function read(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EISDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw new GlacierError("STORAGE_FAILED", {
      message: `${path} can't be read: ${describeThrown(error)}`,
      hint: "Choose a folder that is yours.",
      cause: error,
      context: { path },
    });
  }
}

function notTheirs(path: string, target: string): GlacierError {
  return new GlacierError("PROVIDER_INVALID", {
    message: `target "${target}" made a file ${JSON.stringify(path)}, where glacier compile keeps the list of what it wrote`,
    hint: "This is a defect of the target: report it to its author.",
  });
}

function anothers(folder: string, owner: string): GlacierError {
  return new GlacierError("USAGE", {
    message: `${folder} has what was compiled of pipeline ${owner}; nothing was written`,
    hint: "Choose another folder with --out: deployed from the same one, this pipeline would take that one's place, and its data's. One that was renamed is another, too.",
  });
}

function notOurs(path: string, folder: string): GlacierError {
  return new GlacierError("USAGE", {
    message: `${join(folder, path)} is there already, and no compilation wrote it; nothing was written`,
    hint: "Choose another folder with --out, or move the file away.",
  });
}
