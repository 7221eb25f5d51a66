import { defineConfig } from "tsdown";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    // What runs in containers; the bundles of pipelines are made with it.
    host: "src/runtime/host.ts",
    driver: "src/runtime/driver.ts",
    pod: "src/executor/pod.ts",
  },
  dts: { entry: "src/index.ts" },
  platform: "node",
  sourcemap: false,
});
