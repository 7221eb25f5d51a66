import { defineConfig, type UserConfig } from "tsdown";

const entries = {
  index: "src/index.ts",
  adapter: "src/adapter/index.ts",
  compile: "src/compile/index.ts",
  execute: "src/execute/index.ts",
  inspect: "src/inspect/index.ts",
  node: "src/node/index.ts",
};

/** Without comments, which are in the declarations: what is imported is also parsed. */
const shared: UserConfig = { platform: "node", sourcemap: false, outputOptions: { comments: false } };

// One file for each entry: loading shared chunks too takes 3 MiB and some milliseconds more. The declarations do share,
// so that a type is the same whatever entry it comes from; at run time nothing depends on which copy an error is of.
export default defineConfig([
  { ...shared, entry: entries, dts: { emitDtsOnly: true }, clean: false },
  ...Object.entries(entries).map(([name, path]) => ({ ...shared, entry: { [name]: path }, dts: false, clean: false })),
]);
