// Runs the pipeline with the CLI, from the sources of this repository, and shows what came out.
// With arguments: that run and nothing else.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const cli = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));
const args = process.argv.slice(2);

glacier("run", ...args);
if (args.length === 0) {
  glacier("show", "odd_airports", "--rows", "3");
  glacier("show", "airport_delays", "--rows", "5");
  glacier("show", "summary");
}

function glacier(...args) {
  console.error(`\n$ glacier ${args.join(" ")}`);
  const flags = ["--conditions=@glacier/source", "--disable-warning=ExperimentalWarning"];
  const { status } = spawnSync(process.execPath, [...flags, cli, ...args], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
}
