/** What must have come of a repair in which the host died: what comes of one in which nothing happens. */
import { truePhase } from "../../sandbox/play/watch.ts";
import type { Patient } from "../../sandbox/estate/estate.ts";
import { type Aftermath, type App, ended, putOffKeyChecks } from "./app.ts";
import { auditOf } from "./one-audit.ts";
import type { Course } from "./one-play.ts";

export type Break = (app: App, patient: Patient) => Promise<string>;

/** What the audit of a repair holds, in order. */
const ROWS = ["facts", "diagnosis", "plan", "step", "step", "facts", "verification", "outcome"];

function problemsInAudit({ audit, incidents }: Aftermath): string[] {
  const { problems, rows } = auditOf(incidents[0]!.id, audit);
  const kinds = rows.map(({ kind }) => kind);
  return [...problems, ...unless(kinds.join() === ROWS.join(), `the audit has ${kinds.join()}`)];
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
