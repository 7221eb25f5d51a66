import { defineConfig } from "vitest/config";

const packages = ["core", "testkit", "formats", "bundler", "local", "aws", "k8s", "cli"];

export default defineConfig({
  ssr: { resolve: { conditions: ["@glacier/source", "node", "import", "default"] } },
  test: {
    // For a machine that is busy; what it measures is whether a test hangs.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: process.env["VITEST_JSON"] === undefined ? ["default"] : ["default", "json"],
    ...(process.env["VITEST_JSON"] !== undefined && { outputFile: { json: process.env["VITEST_JSON"] } }),
    projects: [
      ...packages.map((name) => ({
        extends: true as const,
        test: { name, root: `packages/${name}`, include: ["{src,test,templates/provider}/**/*.test.ts"] },
      })),
      { extends: true as const, test: { name: "examples", root: "examples", include: ["*/*.test.ts"] } },
      { extends: true as const, test: { name: "test", root: "test", include: ["**/*.test.ts"], testTimeout: 120_000 } },
    ],
  },
});
