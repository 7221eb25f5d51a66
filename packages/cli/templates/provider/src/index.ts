import type { Provider } from "@glacier/core";
import { drawerAdapter } from "./storage.ts";

export { type DrawerResource, drawerStorage } from "./storage.ts";

/** What Glacier finds in a project that has this package among its dependencies. */
export const provider: Provider = {
  name: "drawer",
  contract: 1,
  module: import.meta.url,
  storage: { drawer: drawerAdapter },
};
