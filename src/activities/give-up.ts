/** Closes an incident that can't be carried on (Azure not answering for hours, or a mistake of this program): never silently, never as a success. */
import { type AuditEntry, type EscalationReason, type Incident, type IncidentWish, toldAlso } from "../domain/incident.ts";
import { nextIncident } from "../domain/turn/next-incident.ts";
import { nextLookAfterMs } from "../domain/turn/outcome.ts";
import { inVainAtEnd } from "../domain/turn/in-vain.ts";
import type { Patient } from "../domain/facts.ts";
import { toIso, toMs } from "../domain/time.ts";
import { giveUpWish } from "../domain/turn/judge-wishes.ts";
import { sayEnding, withWish } from "../domain/turn/record-wishes.ts";
import { isOpen, type WishOnRecord } from "../domain/wish.ts";
import { asAudited, type AssessDeps, keepWishes, loadIncident } from "./assess.ts";
import { tellOutcome } from "./tell-outcome.ts";

export type GiveUpInput = {
  patient: Patient;
  incidentId: string | null;
  newId: string;
  turn: number;
  reason: EscalationReason;
  detail: string;
};

export type GiveUpDeps = Pick<AssessDeps, "incidents" | "audit" | "teller" | "now" | "log" | "keepWishStatus"> & {
  listWishes: (patientId: string) => Promise<WishOnRecord[]>;
  /** Moves the signals that wait out of the way; how many. */
  setAside: (patientId: string) => Promise<number>;
};

/** A mistake's words without the ids, sizes and times in them. */
const words = (detail: string): string => detail.replaceAll(/[\da-f-]*\d[\da-f-]*/gi, "#");

/** The same mistake again before its next look is due: it was told, and a sweep must not tell it every five minutes. */
const isTold = (previous: Incident, { reason, detail }: GiveUpInput, at: string): boolean =>
  reason === "InternalError" &&
  previous.reason === reason &&
  words(previous.detail) === words(detail) &&
  previous.nextLookAt !== null &&
  toMs(at) < toMs(previous.nextLookAt);

function closeAs(before: Incident, { reason, detail }: GiveUpInput, what: string, at: string): Incident {
  const endings = before.endings + 1;
  const ending = { outcome: "Escalated" as const, reason, detail };
  return {
    ...before,
    ...ending,
    state: "closed",
    closedAt: at,
    endings,
    // Whether it has helped nobody could see.
    inVain: { ...before.inVain, ...inVainAtEnd(before, before.applied) },
    nextLookAt: toIso(toMs(at) + nextLookAfterMs(endings)),
    targets: before.targets.map((target) => ({ ...target, ...ending })),
    timeline: toldAlso(before, at, what),
  };
}

const endWishes = (wishes: readonly WishOnRecord[], incident: Incident, input: GiveUpInput, at: string): IncidentWish[] =>
  wishes.map((wish) => giveUpWish(wish, incident, { ...input, at }));

function withWishes(before: Incident, ended: readonly IncidentWish[], said: readonly AuditEntry[], at: string): Incident {
  if (ended.length === 0) return before;
  const timeline = said.reduce((told, { what }) => toldAlso({ timeline: told }, at, what), before.timeline);
  return { ...before, wishes: ended.reduce(withWish, before.wishes ?? []), timeline };
}

/** Throws where even this can't be written down or told: the orchestration then fails visibly and the next sweep begins again. */
export const createGiveUp =
  (deps: GiveUpDeps) =>
  async (input: GiveUpInput): Promise<{ incidentId: string }> => {
    const at = deps.now().toISOString();
    const { open: found, previous } = await loadIncident(deps, input);
    // Closed by an earlier run of this very activity: only telling it may be left to do.
    if (previous?.id === (input.incidentId ?? input.newId)) {
      await keepWishes(deps, previous);
      await tellOutcome(deps, previous);
      return { incidentId: previous.id };
    }
    // Three looks have failed over what waits: it must not be what every later look fails at too.
    const aside = input.reason === "InternalError" ? await deps.setAside(input.patient.id) : 0;
    const wishes = (await deps.listWishes(input.patient.id)).filter(isOpen);
    if (previous && isTold(previous, input, at)) {
      await keepWishes(deps, { ...previous, wishes: endWishes(wishes, previous, input, at) });
      deps.log.warn("failedAgain", { incidentId: previous.id, vaultId: input.patient.id, text: input.detail });
      return { incidentId: previous.id };
    }
    const set = aside > 0 ? `; ${aside} signals that waited are set aside` : "";
    const what = `Escalated (${input.reason}): ${input.detail}${set}`;
    const before = found?.incident ?? nextIncident({ id: input.newId, patient: input.patient, at }, previous, false);
    const ended = endWishes(wishes, before, input, at);
    const said = ended.map((one, n): AuditEntry => {
      return { entryId: `${input.turn}-give-up-${one.id}`, kind: "wish", ...sayEnding(wishes[n]!, one) };
    });
    const incident = closeAs(withWishes(before, ended, said, at), input, what, at);
    const entries: AuditEntry[] = [...said, { entryId: `${input.turn}-give-up`, kind: "outcome", what, data: { reason: input.reason } }];
    const audit = await deps.audit.append(incident.id, entries.map(asAudited(at)));
    await deps.incidents.save({ ...incident, audit }, found?.etag);
    await keepWishes(deps, incident);
    await tellOutcome(deps, incident);
    return { incidentId: incident.id };
  };
