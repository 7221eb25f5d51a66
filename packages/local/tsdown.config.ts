import { defineConfig } from "tsdown";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    // Modules of other threads, processes and containers.
    thread: "src/executor/thread.ts",
    function: "src/executor/function.ts",
    container: "src/executor/docker/container.ts",
  },
  dts: { entry: "src/index.ts" },
  platform: "node",
  sourcemap: false,
});
