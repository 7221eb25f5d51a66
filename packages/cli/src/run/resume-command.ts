/** The command line that goes on with a run: the one that started it, with `--resume`. Params are the run's own. */
export function resumeCommand(argv: readonly string[], runId: string): string {
  const kept: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const part = argv[index] ?? "";
    if (part === "--resume" || part === "--param") index++;
    else if (!/^--(resume|param)=/.test(part) && part !== "--dry-run") kept.push(part);
  }
  return ["glacier", ...kept, "--resume", runId].map(quoted).join(" ");
}

function quoted(part: string): string {
  return /^[\w./:=@,+-]+$/.test(part) ? part : `'${part.replaceAll("'", "'\\''")}'`;
}
