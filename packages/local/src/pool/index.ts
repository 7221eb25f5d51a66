export { createPool, type Pool, type PoolOptions, type RunOptions } from "./pool.ts";
export type { Transfer } from "./protocol.ts";
export { type Call, serve, type Transferred, transfer } from "./serve.ts";
