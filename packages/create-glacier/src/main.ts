#!/usr/bin/env node
// `npm create glacier orders` is `glacier init orders`.
process.argv.splice(2, 0, "init");
await import("@glacier/cli/main");
