import type { Model } from "./model.ts";
import { ParameterList, type ParameterName, type Value } from "./text.ts";

/** Lists that whoever deploys a model has to give, sorted. */
export function parameterLists({ resources }: Model): ParameterName[] {
  const used = new Set<ParameterName>();
  for (const resource of resources) {
    if (resource.kind !== "stateMachine") continue;
    addLists(resource.definition, used);
  }
  return [...used].sort();
}

function addLists(value: Value, used: Set<ParameterName>): void {
  if (value instanceof ParameterList) used.add(value.name);
  else if (typeof value === "object" && value !== null) {
    for (const part of Object.values(value)) addLists(part, used);
  }
}
