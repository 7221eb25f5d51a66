export { localFs } from "./local-fs/adapter.ts";
export { memory } from "./memory/adapter.ts";
export { portChannel, processChannel } from "./memory/channel.ts";
export { remoteMemory, serveMemory } from "./memory/remote.ts";
