// Starts a run and says what it hears, until it is killed.
import { KubernetesExecutor, type KubernetesExecutorOptions } from "@glacier/k8s";
import { registry } from "./cluster.ts";
import { held } from "./pipelines.ts";

const [runId, options = "", params = ""] = process.argv.slice(2);
await held.run({
  runId,
  executor: new KubernetesExecutor(JSON.parse(options) as KubernetesExecutorOptions),
  registry: registry(),
  params: JSON.parse(params),
  onEvent: (event) => console.log(JSON.stringify(event)),
});
