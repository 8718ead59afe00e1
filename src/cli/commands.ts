/** Every command, in the order in which the help lists them. One more is one file and one line here. */
import type { Command } from "./command.ts";
import { doctor } from "./doctor.ts";

export const commands: readonly Command[] = [doctor];
