export { type Bundle, bundle, type BundleInput, type BundleOptions, type BundleWarning, pipelineImport } from "./bundle.ts";
