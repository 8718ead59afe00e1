/** What must have come of a repair in which the host died: what comes of one in which nothing happens. */
import { chainOf } from "../../sandbox/play/audit.ts";
import { truePhase } from "../../sandbox/play/watch.ts";
import type { Patient } from "../../sandbox/estate/estate.ts";
import { type Aftermath, type App, ended, putOffKeyChecks } from "./app.ts";
import type { Course } from "./one-play.ts";

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

/** Breaks it, and waits until the incident is closed. */
export const repairOf =
  (name: string, broken: Break, outcome: string): Course =>
  async (app) => {
    const patient = app.patient(name);
    putOffKeyChecks(app, patient);
    return async () => {
      const since = await broken(app, patient);
      return { problems: problemsOf(app, await ended(app, patient, since), patient, outcome), told: [] };
    };
  };
