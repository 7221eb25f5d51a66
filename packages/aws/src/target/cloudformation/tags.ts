import type { Json } from "@glacier/core";
import type { Model } from "../model.ts";

/** The model's tags as most resources take them. */
export function tagList({ tags }: Model): Json[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
