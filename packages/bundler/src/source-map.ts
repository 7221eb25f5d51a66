/** A source map as esbuild prints it: in two, since all but its sources is passed on as it is, megabytes of it. */
export interface SourceMapText {
  readonly sources: readonly string[];
  /** The text behind the sources, from the line break on. */
  readonly rest: string;
}

/** Marks of fields that are on lines of their own: no text in JSON has a line break. */
const contents = '\n  "sourcesContent": [';
const mappings = '\n  "mappings": "';

export function splitMap(printed: string): SourceMapText {
  const text = printed.includes(contents) ? printed : JSON.stringify(JSON.parse(printed), null, 2);
  const at = text.indexOf(contents);
  const { sources } = JSON.parse(`${text.slice(0, at).replace(/,$/, "")}}`) as { sources: string[] };
  return { sources, rest: text.slice(at) };
}

export function joinMap({ sources, rest }: SourceMapText): string {
  return `{\n  "version": 3,\n  "sources": ${JSON.stringify(sources)},${rest}`;
}

/** The map of the same code with one more line above all others. */
export function oneLineDown({ sources, rest }: SourceMapText): SourceMapText {
  return { sources, rest: rest.replace(mappings, `${mappings};`) };
}
