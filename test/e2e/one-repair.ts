/** What must have come of a repair in which the host died: what comes of one in which nothing happens. */
import { chainOf } from "../../sandbox/play/audit.ts";
import { truePhase } from "../../sandbox/play/watch.ts";
import type { Patient } from "../../sandbox/estate/estate.ts";
import { type Aftermath, type App, ended, type Message, putOffKeyChecks, type Trap } from "./app.ts";

export type Break = (app: App, patient: Patient) => Promise<string>;

/** What the audit of a repair holds, in order, however often the host died; reasons to look may come in at any time. */
const ROWS = ["facts", "diagnosis", "plan", "step", "step", "facts", "verification", "outcome"];

function problemsInAudit({ audit, incidents }: Aftermath): string[] {
  const told = audit.filter(({ kind }) => kind !== "signal");
  // A claim whose owner died is told again by the one who takes over: an intent may stand there more than once, what came of it never.
  const isTwice = ({ what }: (typeof told)[number], at: number): boolean =>
    what.startsWith("about to write") && told.findIndex((other) => other.what === what) !== at;
  const kinds = told.filter((entry, at) => !isTwice(entry, at)).map(({ kind }) => kind);
  const signals = audit.filter(({ kind }) => kind === "signal").map(({ data }) => (data as { id: string }).id);
  return [
    ...unless(chainOf(incidents[0]!.id, audit) === "verified", "the audit's chain does not hold"),
    ...unless(kinds.join() === ROWS.join(), `the audit has ${kinds.join()}`),
    ...unless(new Set(signals).size === signals.length, "a signal is told twice"),
  ];
}

const unless = (holds: boolean, problem: string): string[] => (holds ? [] : [problem]);

/** Nothing where it is as it must be. */
export function problemsOf({ sandbox }: App, { incidents, audit, writes }: Aftermath, patient: Patient, outcome: string): string[] {
  const [incident] = incidents;
  if (incident === undefined) return ["there is no incident"];
  const phases = [...incident.targets.map(({ phase }) => phase), ...patient.databases.map((one) => truePhase(sandbox.world, one))];
  const ending = [incident.state, incident.outcome, incident.reason].join(" ");
  const made = writes.map(({ url, status }) => `${status} ${url}`);
  return [
    ...unless(incidents.length === 1, `${incidents.length} incidents`),
    ...unless(ending === `closed ${outcome} `, `it ended as ${ending}`),
    ...unless(phases.length === 2 * patient.databases.length && phases.every((phase) => phase === "healthy"), `it left ${phases.join()}`),
    ...unless(writes.length === 1 && writes[0]!.status < 300, `writes: ${made.join()}`),
    ...problemsInAudit({ incidents, audit, writes }),
  ];
}

/** staysAway: until the incident is closed; else it is started again at once. */
export type Death = { on: Trap["on"]; dies: Trap["then"]; staysAway?: boolean };

/** Breaks it, and kills the host that sent the message where the trap is sprung, until the incident is closed. died: which host did. */
export async function repairWithDeath(app: App, patient: Patient, broken: Break, death?: Death) {
  putOffKeyChecks(app, patient);
  const { sandbox } = app;
  const died: number[] = [];
  const spring = ({ host }: Message): void => {
    died.push(host);
    void (death?.staysAway ? sandbox.killHost(host) : sandbox.restartHost(host));
  };
  if (death) {
    const { on, dies: then } = death;
    app.set({ on, then, spring });
  }
  try {
    const since = await broken(app, patient);
    return { ...(await ended(app, patient, since)), died };
  } finally {
    for (const host of died) await sandbox.startHost(host);
  }
}
