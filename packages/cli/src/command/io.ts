import type { Style } from "../text/style.ts";
import type { Arguments } from "./parse.ts";

/** What a command has to do with the world. */
export interface CommandContext {
  readonly args: Arguments;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: Output;
  /** `--quiet`. */
  readonly quiet: boolean;
  /** `--verbose`. */
  readonly verbose: boolean;
  /** The command line behind the program's name, for hints that repeat it. */
  readonly argv: readonly string[];
}

/** Standard output, kept for the command: whatever else writes there (a handler's `console.log`) is dealt with apart. */
export interface Output {
  readonly style: Style;
  readonly isTTY: boolean;
  /** The terminal's size now; 80 × 24 where there is none. */
  size(): { readonly columns: number; readonly rows: number };
  /** Writes text as it is. */
  write(text: string): void;
  /** Writes lines. */
  lines(lines: readonly string[]): void;
}

/** What a module of `commands/` exports. Answers the exit code; errors are thrown. */
export type Command = (context: CommandContext) => Promise<number>;
