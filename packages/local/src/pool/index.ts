export { createPool, type Pool } from "./pool.ts";
export { serve } from "./serve.ts";
