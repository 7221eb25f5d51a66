import { defineConfig } from "tsdown";

// File by file: an executor loads the kit's pipelines by their own modules, in processes without vitest.
export default defineConfig({ entry: ["src/index.ts"], dts: true, platform: "node", sourcemap: false, unbundle: true });
