/** What a look at a patient is for: how urgent its reads are, and which earlier reads may answer for it. */
import { parseArmId } from "../arm-id.ts";
import type { Patient } from "../facts.ts";
import type { Incident } from "../incident.ts";
import { patientKey } from "../databases/sight.ts";
import type { Signal } from "../signal.ts";
import type { Urgency } from "./budget.ts";

export type ReadLook = {
  key: string;
  urgency: Urgency;
  /** Where most of its reads go; null where that can't be told, and it then waits for no turn. */
  subscriptionId: string | null;
  /** Why it looks: what was read for another purpose is not taken for an answer to this one. Null: every read is made anew. */
  purpose: string | null;
};

const placeOf = ({ id }: Patient) => ({ key: patientKey(id), subscriptionId: parseArmId(id)?.subscriptionId ?? null });

function urgencyOf(incident: Incident | null, signals: readonly Signal[]): Urgency {
  if (incident?.state === "working") return "repair";
  return incident || signals.some(({ source }) => source !== "sweep") ? "event" : "screening";
}

/**
 * Whoever signals has seen something that an earlier read may not show; and so has the turn that looked since, here or in another instance,
 * whatever was written in it.
 */
export const lookFor = (patient: Patient, incident: Incident | null, signals: readonly Signal[]): ReadLook => ({
  ...placeOf(patient),
  urgency: urgencyOf(incident, signals),
  purpose: [incident?.id ?? "", incident?.progress.turn ?? "", ...signals.map(({ id }) => id).toSorted()].join(" "),
});

/** Before a write everything is read anew. */
export const repairOf = (patient: Patient): ReadLook => ({ ...placeOf(patient), urgency: "repair", purpose: null });
