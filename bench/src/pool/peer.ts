/** The task of piscina and tinypool. */
export default function task(value: number): number {
  return value + 1;
}
