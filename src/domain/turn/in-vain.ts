/**
 * Writes that did not help. They count over all incidents of a vault that follow one another without a success: three of one step, and it is a
 * person's until somebody asks for it anew. That Keymend was not permitted it says nothing of the step itself: its permissions are waited for.
 */
import { type AppliedStep, type Incident, isUnpermitted } from "../incident.ts";
import { toMs } from "../time.ts";

/** How often one step may be tried in a row. */
export const MAX_TRIES = 3;

/** What it came to counts no more: an operator has asked anew since, or Keymend may do other things than when it was not permitted this. */
function isLifted(entry: AppliedStep, { askedAnewAt, permissions }: Incident["progress"]): boolean {
  const isBefore = (at: string | null | undefined): boolean => typeof at === "string" && toMs(entry.at) < toMs(at);
  return isBefore(askedAnewAt) || (isUnpermitted(entry) && isBefore(permissions?.changedAt));
}

/** Of one step in this incident, in their order. */
export const triesOf = (stepId: string, { applied, progress }: Pick<Incident, "applied" | "progress">): AppliedStep[] =>
  applied.filter((entry) => entry.id === stepId && entry.result !== "stale" && !isLifted(entry, progress));

export const inVainBefore = (stepId: string, { inVain }: Pick<Incident, "inVain">): number => inVain?.[stepId] ?? 0;

/**
 * As an incident leaves them that closes: what is still called for then was tried in vain. What somebody wants on purpose is their own word, each
 * time.
 */
export function inVainAtEnd(
  incident: Pick<Incident, "applied" | "progress" | "inVain">,
  called: readonly Called[],
): Record<string, number> {
  const repairs = called.filter(({ wish }) => wish === undefined);
  const vain = repairs.map(({ id }): [string, number] => [
    id,
    triesOf(id, incident).filter((entry) => !isUnpermitted(entry)).length + inVainBefore(id, incident),
  ]);
  return Object.fromEntries(vain.filter(([, count]) => count > 0));
}

type Called = Pick<AppliedStep, "id" | "wish">;
