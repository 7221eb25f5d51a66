import { defineConfig } from "tsdown";

export default defineConfig({
  entry: { index: "src/index.ts", node: "src/node/index.ts" },
  dts: true,
  platform: "node",
  sourcemap: false,
});
