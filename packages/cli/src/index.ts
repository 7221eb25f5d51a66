export { type DiscoveredProvider, discoverProviders } from "./project/discover.ts";
