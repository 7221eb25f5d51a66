import { writeFileSync } from "node:fs";
import { type BundleOptions, bundle } from "@glacier/bundler";

/** A script with Glacier's sources as one file of JavaScript, so that no types are stripped while it is measured; answers its path. */
export async function asJavaScript(options: BundleOptions, file: string): Promise<string> {
  const { code } = await bundle({ ...options, conditions: ["@glacier/source"] });
  writeFileSync(file, code);
  return file;
}
