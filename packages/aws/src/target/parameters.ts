import type { Model } from "./model.ts";
import { jsonOf, ParameterList, type ParameterName } from "./text.ts";

/** Lists that whoever deploys a model has to give, sorted. */
export function parameterLists({ resources }: Model): ParameterName[] {
  const used = new Set<ParameterName>();
  for (const resource of resources) {
    if (resource.kind !== "stateMachine") continue;
    jsonOf(resource.definition, (part) => {
      if (part instanceof ParameterList) used.add(part.name);
      return null;
    });
  }
  return [...used].sort();
}
