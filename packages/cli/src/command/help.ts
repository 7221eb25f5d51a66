import { type CommandName, commands } from "./spec.ts";

/** `glacier --help`. */
export function generalHelp(version: string): string {
  const rows = Object.entries(commands).map(
    ([name, spec]) => [[name, ...spec.positionals].join(" "), spec.about] as const,
  );
  return `glacier ${version}: typed data pipelines

Usage
  glacier <command> [options]

Commands
${columns(rows)}

Options
${columns([
  ["-h, --help", "help, also of one command: glacier run --help"],
  ["--version", "print the version"],
])}

The pipeline is pipeline.ts, src/pipeline.ts, or what package.json names: "glacier": { "pipeline": "…" }.

${exitCodes}
`;
}

/** `glacier <command> --help`. */
export function commandHelp(name: CommandName): string {
  const spec = commands[name];
  const rows = Object.entries(spec.options).map(([option, { short, value, about, multiple }]) => {
    const names = `${short === undefined ? "    " : `-${short}, `}--${option}${value === undefined ? "" : ` ${value}`}`;
    return [names, `${about}${multiple === true ? " (repeatable)" : ""}`] as const;
  });
  return `${spec.about}.

Usage
  ${["glacier", name, ...spec.positionals].join(" ")} [options]

Options
${columns(rows)}

Examples
${spec.examples.map((example) => `  ${example}`).join("\n")}

${exitCodes}
`;
}

const exitCodes = `Exit codes
  0 done · 1 the run failed · 2 wrong usage · 3 pipeline, config or provider invalid
  129 hang-up · 130 cancelled (Ctrl-C) · 141 stdout closed · 143 terminated`;

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}
