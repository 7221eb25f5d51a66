import type { Diagnostic, SerializedError } from "@glacier/core";
import { type Frame, ownFrames, placeText, shortPath } from "./stack.ts";
import type { Style } from "./style.ts";

/** What decides how much of an error is shown. */
export interface ErrorView {
  readonly style: Style;
  readonly cwd: string;
  /** The project's folder: stack frames inside are the user's own. */
  readonly root: string;
  /** Whole stacks of causes. */
  readonly verbose: boolean;
  /** Of a diagnostic; default `error`. */
  readonly severity?: Diagnostic["severity"];
}

/** An error as lines: `code message`, where, hint; then each issue the same way. No stack but the user's own file:line. */
export function errorLines(error: SerializedError, view: ErrorView): string[] {
  const { style } = view;
  const issues = error.issues ?? [];
  if (issues.length === 0)
    return [`${headOf(error, view)} ${firstLine(error.message)}`, ...indent(detail(error, view))];
  // An aggregate's message repeats its issues: its first line says what it is about.
  return [
    `${headOf(error, view)} ${firstLine(error.message).replace(/:$/, "")}`,
    ...issues.flatMap((issue) => ["", ...indent(issueLines(issue, error, view))]),
    ...(issues.length > 1 && error.code !== "PIPELINE_INVALID" ? ["", ...indent(hintLines(error.hint, style))] : []),
  ];
}

function headOf({ code }: SerializedError, { style, severity = "error" }: ErrorView): string {
  const [mark, tone] = marks[severity];
  return `${style[tone](mark)} ${style.bold(style[tone](code))}`;
}

const marks = { error: ["✖", "red"], warning: ["!", "yellow"], info: ["i", "cyan"] } as const;

/** One failed task or one mistake of several. */
function issueLines(issue: SerializedError, parent: SerializedError, view: ErrorView): string[] {
  const { style } = view;
  const code = issue.code === parent.code ? "" : `${style.red(issue.code)} `;
  return [`${style.red("-")} ${code}${firstLine(issue.message)}`, ...indent(detail(issue, view))];
}

function detail(error: SerializedError, view: ErrorView): string[] {
  const { style } = view;
  return [
    ...error.message.split("\n").slice(1),
    ...whereLines(error, view),
    ...hintLines(error.hint, style),
    ...(view.verbose && error.stack !== undefined ? error.stack.split("\n").map((line) => style.dim(line)) : []),
  ];
}

/** The user's own lines of the stack, or the file that the context names. */
function whereLines({ context, stack }: SerializedError, { style, cwd, root }: ErrorView): string[] {
  const file = context?.["file"];
  if (typeof file === "string") {
    const { line, column } = context ?? {};
    const place =
      line === undefined
        ? shortPath(file, cwd)
        : placeText({ file, line, ...(typeof column === "number" && { column }) }, cwd);
    return [`${style.dim("at")} ${style.cyan(place)}`];
  }
  if (stack === undefined) return [];
  return ownFrames(stack, root)
    .slice(0, 3)
    .map((frame) => `${style.dim(`at${functionName(frame)}`)} ${style.cyan(placeText(frame, cwd))}`);
}

/** ` total`; nothing for code that has no name of the user's (`Object.handler` is how the task's own function is called). */
function functionName({ name }: Frame): string {
  return name === undefined || name.startsWith("Object.") || name.includes("<anonymous>") ? "" : ` ${name}`;
}

function hintLines(hint: string, style: Style): string[] {
  return hint === "" ? [] : `${style.yellow("hint:")} ${hint}`.split("\n");
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => (line === "" ? "" : `  ${line}`));
}
