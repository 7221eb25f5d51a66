import { testStorage } from "@glacier/testkit";
import { drawerAdapter } from "../src/storage.ts";

let made = 0;

// Everything that Glacier relies on, one test each. What can't hold is skipped by name, with the reason.
testStorage("drawer", {
  create: () => drawerAdapter({ kind: "drawer", name: `conformance ${++made}` }),
  credentials: [], // the passwords and keys that a real backend is opened with: no error may tell them
  skip: {
    "a write holds no more of a larger body than it may":
      "src/client.ts keeps objects in memory. A real backend takes them piece by piece: delete this skip then.",
  },
});
