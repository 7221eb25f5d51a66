import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ofKind } from "../../packages/k8s/test/manifests.ts";
import { dag, manifestsOf, pipelineOf, podsOf, taskOf, tasksOf } from "../../packages/k8s/test/plans.ts";
import { type Expression, evaluate, expressionsMissing } from "../services/expressions.ts";

const missing = expressionsMissing();

interface Step {
  readonly name: string;
  readonly depends?: string;
}

describe.skipIf(missing !== undefined)("expressions, as Argo's own library reads them", { timeout: 300_000 }, () => {
  test("a step depends on exactly the steps that its task takes data from, in random graphs", async () => {
    const graphs = fc.sample(dag(10), 40);
    const asked: Expression[] = [];
    const expected: boolean[] = [];
    for (const graph of graphs) {
      const steps = stepsOf(await manifestsOf(pipelineOf(tasksOf(graph))));
      const names = steps.map(({ name }) => name);
      graph.forEach((before, i) => {
        const depends = steps.find(({ name }) => name === `t${i}`)?.depends ?? "";
        const waits = before.length === 0 ? ["run--begin"] : before.map((other) => `t${other}`);
        // All but one have succeeded, each in turn; then exactly those that it waits for.
        for (const failed of names) {
          asked.push([variable(depends), results(names, (name) => name !== failed)]);
          expected.push(!waits.includes(failed));
        }
        asked.push([variable(depends), results(names, (name) => waits.includes(name))]);
        expected.push(true);
      });
    }
    expect(await evaluate(asked)).toEqual(expected);
  });

  test("a task may have the name of any word of the language", async () => {
    const words = "and contains else false if in let matches nil not or true".split(" ");
    const tasks = words.map((name) => taskOf(name));
    const steps = stepsOf(await manifestsOf(pipelineOf([...tasks, taskOf("a-b"), taskOf("a_b")])));
    const names = steps.map(({ name }) => name);
    const asked = names.map(
      (name): Expression => [variable(`${name}.Succeeded`), results(names, (one) => one === name)],
    );
    expect(await evaluate(asked)).toEqual(names.map(() => true));
  });

  test("what can't get better isn't tried again, and nothing else", async () => {
    const pods = podsOf(await manifestsOf(pipelineOf([taskOf("load")])));
    const expression = pods["load"]?.template.retryStrategy.expression;
    const ends: readonly [status: string, exitCode: string, message: string, again: boolean][] = [
      ["Failed", "1", "main: Error (exit code 1)", true],
      ["Failed", "2", "main: Error (exit code 2)", false],
      ["Failed", "137", "main: OOMKilled (exit code 137)", false],
      ["Failed", "137", "main: Error (exit code 137)", true],
      ["Failed", "143", "main: Error (exit code 143)", true],
      ["Failed", "-1", "The node was low on resource: memory.", true],
      ["Failed", "-1", "Pod was active on the node longer than the specified deadline", true],
      ["Error", "-1", "pod deleted", true],
    ];
    const asked = ends.map(
      ([status, exitCode, message]): Expression => [expression, { lastRetry: { status, exitCode, message } }],
    );
    expect(await evaluate(asked)).toEqual(ends.map(([, , , again]) => again));
  });

  test("params and failures come in base64, and of failures no more than a variable has room for", async () => {
    const { "run--begin": begin, "run--finish": finish } = podsOf(await manifestsOf(pipelineOf([taskOf("load")])));
    const expressionIn = (pod: typeof begin, name: string) =>
      pod?.spec.containers[0].env.find((one: { name: string }) => one.name === name).value.replace(/^\{\{=|\}\}$/g, "");
    const params = '{"price":"$$5 $(HOME) {{x}} \x7fé\u{e0001}"}';
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    const failures = (text: string): Expression => [
      expressionIn(finish, "GLACIER_FAILURES"),
      { workflow: { failures: text } },
    ];
    const answers = await evaluate([
      [expressionIn(begin, "GLACIER_PARAMS"), { workflow: { parameters: { params, "run-id": "auto" } } }],
      failures('"[]"'),
      failures("x".repeat(200_000)),
    ]);
    expect(answers).toEqual([base64(params), base64('"[]"'), base64("x".repeat(60_000))]);
  });
});

function stepsOf(manifests: Awaited<ReturnType<typeof manifestsOf>>): readonly Step[] {
  const { templates } = ofKind(manifests, "WorkflowTemplate")[0]?.["spec"] ?? {};
  return templates.find(({ dag: graph }: { dag?: object }) => graph !== undefined).dag.tasks;
}

/** Argo's own change before it evaluates: workflow/controller/dag.go, evaluateDependsLogic. */
function variable(text: string): string {
  return text.replaceAll("-", "_");
}

function results(names: readonly string[], succeeded: (name: string) => boolean): Record<string, object> {
  return Object.fromEntries(names.map((name) => [variable(name), { Succeeded: succeeded(name) }]));
}
