import type { paths } from "../../cases/paths.ts";
import type { MutantsOf } from "./mutant.ts";

const nowhere = "http://127.0.0.1:9/";

export const brokenPaths: MutantsOf<keyof typeof paths> = {
  "signedUrl, where there is one: its GET answers the object": {
    "leads nowhere": () => ({ signedUrl: async () => nowhere }),
  },
  "signedUrl, where there is one: its PUT writes the object": {
    "leads nowhere": () => ({ signedUrl: async () => nowhere }),
  },
  "signedUrl, where there is one: one for GET refuses PUT": {
    "leads nowhere": () => ({ signedUrl: async () => nowhere }),
  },
  "localPath, where there is one: a file with the object's bytes": {
    "is no file": () => ({ localPath: (key) => `/nowhere/${key}` }),
  },
};
