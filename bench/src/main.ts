// pnpm bench [name…] [--json]: runs the benches one after another, each in a process of its own, and prints one table.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Bench, Row } from "./measure.ts";

const names = [
  "schedule",
  "pool",
  "import",
  "cli",
  "ndjson",
  "csv",
  "parquet",
  "local-fs",
  "s3",
  "series-parallel",
  "aws-compile",
  "stream",
  "tasks",
];
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean" }, only: { type: "string" } },
});

if (values.only !== undefined) {
  const { default: bench } = (await import(`./${values.only}.ts`)) as { default: Bench };
  console.log(JSON.stringify({ name: bench.name, ...(await bench.run()) }));
} else {
  const results: { name: string; rows: Row[] }[] = [];
  for (const name of positionals.length > 0 ? positionals : names) {
    process.stderr.write(`${name}…\n`);
    const script = fileURLToPath(import.meta.url);
    const flags = ["--conditions=@glacier/source", "--expose-gc", "--disable-warning=ExperimentalWarning"];
    const { stdout, status } = spawnSync(process.execPath, [...flags, script, "--only", name], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (status !== 0) process.exitCode = 1;
    else results.push(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""));
  }
  if (values.json === true) console.log(JSON.stringify(results, undefined, 2));
  else print(results);
}

function print(results: readonly { name: string; rows: readonly Row[] }[]): void {
  const lines = [["what", "figure", "floor", "×", "peer", "×", "target", ""]];
  for (const { name, rows } of results) {
    for (const { label, value, unit, floor, peer, target, ok } of rows) {
      lines.push([
        `${name}: ${label}`,
        `${digits(value)} ${unit}`,
        floor === undefined ? "" : digits(floor),
        floor === undefined ? "" : (value / floor).toFixed(2),
        peer === undefined ? "" : digits(peer),
        peer === undefined ? "" : (value / peer).toFixed(2),
        target ?? "",
        ok === undefined ? "" : ok ? "ok" : "OVER",
      ]);
    }
  }
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  for (const line of lines)
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
