import { defineConfig } from "tsdown";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    execute: "src/execute/index.ts",
    inspect: "src/inspect/index.ts",
    node: "src/node/index.ts",
  },
  dts: true,
  platform: "node",
  sourcemap: false,
});
