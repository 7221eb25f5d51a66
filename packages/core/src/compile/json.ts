import type { Json } from "../json.ts";

/** Whether JSON can hold a value without loss: no `undefined`, no `Map` or `Date`, no cycle. `around` is what it is in. */
export function isJson(value: unknown, around: readonly unknown[] = []): value is Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (around.includes(value)) return false;
  const parts = Array.isArray(value) ? value : isPlain(value) ? Object.values(value) : [undefined];
  return parts.every((part) => isJson(part, [...around, value]));
}

/** {@link isJson} for an object: what is not a list, a text or a number. */
export function isJsonObject(value: unknown): value is { [field: string]: Json } {
  return isPlain(value) && isJson(value);
}

/** The same without the fields of objects that are `undefined`, which JSON leaves out. */
export function withoutUndefined(value: unknown, around: readonly unknown[] = []): unknown {
  if (around.includes(value)) return value;
  const inside = [...around, value];
  if (Array.isArray(value)) return value.map((part) => withoutUndefined(part, inside));
  if (!isPlain(value)) return value;
  const fields = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(fields.map(([name, part]) => [name, withoutUndefined(part, inside)]));
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  return [Object.prototype, null].includes(Object.getPrototypeOf(value));
}
