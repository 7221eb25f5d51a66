import type { Provider } from "@glacier/core";

/** Kubernetes: what compiles pipelines to manifests, and what runs them in a cluster. */
export const kubernetes: Provider = {
  name: "kubernetes",
  contract: 1,
  module: import.meta.url,
};
