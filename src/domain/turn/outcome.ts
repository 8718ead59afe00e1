/** Outcomes: which is worse, which is told to whom, and when an ending that is no success is looked at again. */
import type { OutcomeCode, Reason } from "../incident.ts";
import { HOUR } from "../time.ts";

/** From best to worst: an incident's outcome is the worst of its targets'. */
const BY_SEVERITY: readonly OutcomeCode[] = [
  "NoChangeNeeded",
  "Superseded",
  "Prevented",
  "OutageAvoided",
  "Healed",
  "Completed",
  "Observed",
  "Refused",
  "Escalated",
  "Unrecoverable",
];

export const worstOutcome = (outcomes: readonly OutcomeCode[]): OutcomeCode =>
  outcomes.reduce((worst, code) => (BY_SEVERITY.indexOf(code) > BY_SEVERITY.indexOf(worst) ? code : worst), "NoChangeNeeded");

export type Loudness = "quiet" | "inform" | "alarm";

const LOUDNESS: Record<OutcomeCode, Loudness> = {
  NoChangeNeeded: "quiet",
  Superseded: "quiet",
  Prevented: "quiet",
  OutageAvoided: "quiet",
  Healed: "inform",
  Completed: "inform",
  Observed: "inform",
  Refused: "alarm",
  Escalated: "alarm",
  Unrecoverable: "alarm",
};

/** Whoever wants something that can't be is told where they asked: nothing is broken. What is half done a person has to go on with, or back. */
const ASKED_FOR: readonly Reason[] = ["RequirementsUnmet", "Cancelled", "ObserveMode"];

/** A storm is told as one, not once for each vault. */
export const loudness = (code: OutcomeCode, reason: Reason): Loudness =>
  reason === "Storm" || (code === "Refused" && ASKED_FOR.includes(reason)) ? "inform" : LOUDNESS[code];

export const isSuccess = (code: OutcomeCode): boolean => LOUDNESS[code] === "quiet" || code === "Healed" || code === "Completed";

/** Nobody can mend it: told once, and looked at again as long as it may still turn out otherwise. */
export const isFinal = (code: OutcomeCode | null): boolean => code === "Unrecoverable";

/** The n-th ending in a row that is no success (from 1) is looked at again after 1 h, 2 h, 4 h ... 32 h. */
export const nextLookAfterMs = (endings: number): number => HOUR * 2 ** Math.min(Math.max(endings, 1) - 1, 5);
