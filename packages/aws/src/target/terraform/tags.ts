import { reference } from "./value.ts";

/** The model's tags, said once in the module. */
export const tags: string = reference("local.tags");
