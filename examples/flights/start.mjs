// Runs the pipeline with the CLI, from the sources of this repository, and shows what came out.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const cli = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));

glacier("run", ...process.argv.slice(2));
if (process.argv.length > 2) process.exit();
glacier("show", "report");
glacier("show", "airport_delays", "--rows", "5");

function glacier(...args) {
  console.log(`\n$ glacier ${args.join(" ")}`);
  const flags = ["--conditions=@glacier/source", "--disable-warning=ExperimentalWarning"];
  const { status } = spawnSync(process.execPath, [...flags, cli, ...args], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
}
