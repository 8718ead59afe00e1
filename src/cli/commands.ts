/** Every command, in the order in which the help lists them. One more is one file and one line here. */
import { audit } from "./audit.ts";
import type { Command } from "./command.ts";
import { completion } from "./completion.ts";
import { approve, reject } from "./decide.ts";
import { deployed, ways, type Ways } from "./deployment/ways.ts";
import { doctor } from "./doctor.ts";
import { heal, pause, resume } from "./heal.ts";
import { incident } from "./incident.ts";
import { databases, incidents } from "./incidents.ts";
import { operations } from "./operations.ts";
import { replay } from "./replay.ts";
import { support } from "./support.ts";

/** Those that ask a deployment. */
const ASKING: readonly ((by: Ways) => Command)[] = [
  databases,
  incidents,
  incident,
  approve,
  reject,
  heal,
  operations,
  pause,
  resume,
  audit,
  support,
  replay,
];

export function commandsBy(by: Ways): readonly Command[] {
  const all: Command[] = [doctor, ...ASKING.map((command) => deployed(command(by))), completion(() => all)];
  return all;
}

export const commands = commandsBy(ways);
