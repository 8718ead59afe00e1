/** Every command, in the order in which the help lists them. One more is one file and one line here. */
import type { Command } from "./command.ts";

export const commands: readonly Command[] = [];
