import type { Command } from "../command/io.ts";
export const command: Command = async () => 0;
