/** Closes an incident that can't be carried on (Azure not answering for hours, or a mistake of this program): never silently, never as a success. */
import { type EscalationReason, type Incident, openIncident } from "../domain/incident.ts";
import { nextLookAfterMs } from "../domain/outcome.ts";
import type { Patient } from "../domain/facts.ts";
import type { AssessDeps } from "./assess.ts";

export type GiveUpInput = {
  patient: Patient;
  incidentId: string | null;
  newId: string;
  turn: number;
  reason: EscalationReason;
  detail: string;
};

export type GiveUpDeps = Pick<AssessDeps, "incidents" | "audit" | "publishOutcome" | "now" | "log">;

/** Throws where even this can't be written down: the orchestration then fails visibly and the next sweep begins again. */
export const createGiveUp =
  (deps: GiveUpDeps) =>
  async (input: GiveUpInput): Promise<{ incidentId: string }> => {
    const now = deps.now();
    const at = now.toISOString();
    const loaded = input.incidentId === null ? undefined : await deps.incidents.load(input.patient.id, input.incidentId);
    const before = loaded?.incident ?? openIncident(input.newId, input.patient, at, 0);
    if (before.state === "closed") return { incidentId: before.id };
    const endings = before.endings + 1;
    const what = `Escalated (${input.reason}): ${input.detail}`;
    const incident: Incident = {
      ...before,
      state: "closed",
      closedAt: at,
      outcome: "Escalated",
      reason: input.reason,
      detail: input.detail,
      endings,
      nextLookAt: new Date(now.getTime() + nextLookAfterMs(endings)).toISOString(),
      targets: before.targets.map((target) => ({ ...target, outcome: "Escalated", reason: input.reason, detail: input.detail })),
      timeline: [...before.timeline, { at, what }],
    };
    await deps.audit.append(incident.id, [
      { entryId: `${input.turn}-give-up`, kind: "outcome", what, data: { reason: input.reason }, at, actor: "keymend" },
    ]);
    await deps.incidents.save(incident, loaded?.etag);
    await deps.publishOutcome(incident);
    deps.log.error("closed", {
      incidentId: incident.id,
      vaultId: incident.vaultId,
      outcome: "Escalated",
      reason: input.reason,
      loudness: "alarm",
      text: input.detail,
    });
    return { incidentId: incident.id };
  };
