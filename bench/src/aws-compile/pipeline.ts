import { type AnyTask, Dataset, Pipeline, task } from "@glacier/core";
import { moduleAsCode, targetWith } from "../../../packages/aws/test/code.ts";

/** Compiles a pipeline of so many tasks to Terraform, its code being there already; each takes up to three of the 20 before it. */
export function compiler(size: number): (folder: string) => Promise<void> {
  const outputs = Array.from({ length: size }, (_, i) => new Dataset<number>(`d${i}`));
  const tasks = outputs.map((output, i) => {
    const before = [1, 7, 19].filter((step) => step <= i && (i * step) % 4 !== 0);
    const inputs = Object.fromEntries(before.map((step) => [`d${i - step}`, outputs[i - step] as Dataset<number>]));
    return task(`t${i}`, { inputs, output, retries: 2 }, () => i) as unknown as AnyTask;
  });
  const pipeline = new Pipeline("orders", tasks as never, { module: import.meta.url });
  return async (folder) => {
    const target = targetWith(moduleAsCode, { region: "eu-west-1" });
    await (await pipeline.compile({ target })).toTerraform(folder);
  };
}

export const compileTo = (size: string, folder: string): Promise<void> => compiler(Number(size))(folder);
