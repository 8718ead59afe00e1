/** Closes an incident that can't be carried on (Azure not answering for hours, or a mistake of this program): never silently, never as a success. */
import { type EscalationReason, type Incident, openIncident, toldAlso } from "../domain/incident.ts";
import { isSuccess, nextLookAfterMs } from "../domain/turn/outcome.ts";
import type { Patient } from "../domain/facts.ts";
import { toIso, toMs } from "../domain/time.ts";
import { type AssessDeps, loadIncident } from "./assess.ts";
import { tellOutcome } from "./tell-outcome.ts";

export type GiveUpInput = {
  patient: Patient;
  incidentId: string | null;
  newId: string;
  turn: number;
  reason: EscalationReason;
  detail: string;
};

export type GiveUpDeps = Pick<AssessDeps, "incidents" | "audit" | "publishOutcome" | "now" | "log">;

/** Carries on counting how often in a row looking after this vault came to nothing. */
const open = ({ newId, patient }: GiveUpInput, previous: Incident | null, at: string): Incident =>
  openIncident(newId, patient, at, previous?.outcome && !isSuccess(previous.outcome) ? previous.endings : 0);

function closeAs(before: Incident, { reason, detail }: GiveUpInput, what: string, at: string): Incident {
  const endings = before.endings + 1;
  const ending = { outcome: "Escalated" as const, reason, detail };
  return {
    ...before,
    ...ending,
    state: "closed",
    closedAt: at,
    endings,
    nextLookAt: toIso(toMs(at) + nextLookAfterMs(endings)),
    targets: before.targets.map((target) => ({ ...target, ...ending })),
    timeline: toldAlso(before, at, what),
  };
}

/** Throws where even this can't be written down or told: the orchestration then fails visibly and the next sweep begins again. */
export const createGiveUp =
  (deps: GiveUpDeps) =>
  async (input: GiveUpInput): Promise<{ incidentId: string }> => {
    const at = deps.now().toISOString();
    const { open: found, previous } = await loadIncident(deps, input);
    // Closed by an earlier run of this very activity: only telling it may be left to do.
    if (previous?.id === (input.incidentId ?? input.newId)) {
      await tellOutcome(deps, previous);
      return { incidentId: previous.id };
    }
    const what = `Escalated (${input.reason}): ${input.detail}`;
    const incident = closeAs(found?.incident ?? open(input, previous, at), input, what, at);
    const audit = await deps.audit.append(incident.id, [
      { entryId: `${input.turn}-give-up`, kind: "outcome", what, data: { reason: input.reason }, at, actor: "keymend" },
    ]);
    await deps.incidents.save({ ...incident, audit }, found?.etag);
    await tellOutcome(deps, incident);
    return { incidentId: incident.id };
  };
