/** A fenced block of a page of documentation. */
export interface PageBlock {
  readonly language: string;
  readonly text: string;
  /** What the block is the whole content of: the line before it is this path, bold and as code. */
  readonly path: string | undefined;
  /** Line of the opening fence, from 1. */
  readonly line: number;
}

/** The fenced blocks of a page, in order. */
export function pageBlocks(page: string): PageBlock[] {
  const blocks = page.matchAll(/^(?:\*\*`([^`]+)`\*\*\n\n)?(`{3,})(\w*)\n([\s\S]*?)^\2$/gm);
  return [...blocks].map(({ index, 0: whole, 1: path, 2: fence = "", 3: language = "", 4: text = "" }) => ({
    language,
    text,
    path,
    line: page.slice(0, index + whole.indexOf(fence)).split("\n").length,
  }));
}
