import type { LocalFsResource, Provider } from "@glacier/core";
import { localFs } from "@glacier/local";

/** A folder that passes for storage that a cluster reaches: what runs of a deployment here, on this machine, does reach it. */
export const folderProvider: Provider = {
  name: "folder",
  contract: 1,
  module: import.meta.url,
  storage: {
    folder: ({
      root,
      prefix = "",
      ...rest
    }: {
      readonly kind: string;
      readonly root: string;
      readonly prefix?: string;
    }) => localFs({ ...rest, kind: "localFs", basePath: `${root}/${prefix}` } as LocalFsResource),
  },
};
