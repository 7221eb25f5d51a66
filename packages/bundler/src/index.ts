export {
  type Bundle,
  type BundleInput,
  type BundleOptions,
  type BundleWarning,
  bundle,
  pipelineImport,
} from "./bundle.ts";
