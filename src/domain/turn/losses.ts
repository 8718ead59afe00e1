/**
 * What was lost and what Keymend has put back: what it takes to let a change seconds old settle, and to see a tug of war. Somebody who
 * takes away again what was put back may mean it.
 */
import { nameOf, sameId } from "../arm-id.ts";
import type { Diagnosis } from "../cause.ts";
import type { Incident, Loss, Repair } from "../incident.ts";
import type { Settings } from "../settings.ts";
import type { Signal } from "../signal.ts";
import type { Step } from "../steps/step.ts";
import { formatDuration, toIso, toMs } from "../time.ts";

type Which = Pick<Loss, "cause" | "targetId">;

const isSame = (a: Which, b: Which): boolean => a.cause === b.cause && sameId(a.targetId, b.targetId);
const isOf = ({ causes, targetIds }: Pick<Step, "causes" | "targetIds">, { cause, targetId }: Which): boolean =>
  causes.includes(cause) && targetIds.some((id) => sameId(id, targetId));

const lostNow = ({ targets }: Diagnosis): Which[] =>
  targets.flatMap(({ id, findings }) =>
    findings.filter(({ evidence }) => evidence.effect === "broken").map(({ code }) => ({ cause: code, targetId: id })),
  );

/** What could not be read may hide a loss, or call for a step: what was known before then stands. */
export const isWhole = ({ targets }: Pick<Diagnosis, "targets">): boolean =>
  targets.every(({ findings }) => findings.every(({ code }) => code !== "Unreadable"));

/** Keymend's own write for it, the newest since it was seen. */
function repairOf(loss: Loss, { applied }: Pick<Incident, "applied">): Repair[] {
  const made = applied.filter(
    ({ result, causes = [], targetIds, at }) => result === "done" && isOf({ causes, targetIds }, loss) && toMs(at) >= toMs(loss.since),
  );
  const { cause, targetId } = loss;
  return made.slice(-1).map(({ at }) => ({ cause, targetId, at }));
}

type Look = { diagnosis: Diagnosis; signals: readonly Signal[]; now: string };

/** The incident's losses and repairs as a look leaves them. */
export function followLosses(incident: Incident, { diagnosis, signals, now }: Look): { losses: Loss[]; repairs: Repair[] } {
  const before = incident.progress.losses ?? [];
  const repairs = incident.repairs ?? [];
  const found = lostNow(diagnosis);
  const byEvent = signals.some(({ source }) => source === "event");
  const seen = found.map((one) => before.find((loss) => isSame(loss, one)) ?? { ...one, since: now, byEvent });
  const over = before.filter((loss) => !found.some((one) => isSame(loss, one)));
  if (!isWhole(diagnosis)) return { losses: [...seen, ...over], repairs };
  const made = over.flatMap((loss) => repairOf(loss, incident));
  return { losses: seen, repairs: [...repairs.filter((one) => !made.some((other) => isSame(one, other))), ...made] };
}

/** Those that a later incident has to know. */
export const repairsWithin = (repairs: readonly Repair[], { repeatWindowMs }: Settings, now: string): Repair[] =>
  repairs.filter(({ at }) => toMs(now) - toMs(at) < repeatWindowMs);

/** Why a step is asked about that would be taken by itself: what it puts back was put back before. */
export function sayRepeated(step: Step, incident: Incident, settings: Settings, now: string): string | undefined {
  const losses = incident.progress.losses ?? [];
  const again = repairsWithin(incident.repairs ?? [], settings, now).find(
    (repair) => isOf(step, repair) && losses.some((loss) => isSame(loss, repair)),
  );
  return (
    again &&
    `${again.cause} of ${nameOf(again.targetId)} was mended at ${again.at} and came back within ${formatDuration(settings.repeatWindowMs)}: somebody may mean it`
  );
}

/**
 * Until when a loss that an event reported is left alone: a pipeline that replaces a grant deletes it first. Undefined where it was looked
 * at again, where a look without an event found it, or where the service has noticed and each minute counts.
 */
export function settlesUntil(step: Step, incident: Incident, diagnosis: Diagnosis, settings: Settings, now: string): string | undefined {
  const isServed = ({ id }: { id: string }): boolean => step.targetIds.some((one) => sameId(one, id));
  if (diagnosis.targets.some((target) => target.phase === "revoked" && isServed(target))) return undefined;
  const losses = (incident.progress.losses ?? []).filter((loss) => isOf(step, loss));
  const times = losses.map(({ since, byEvent }) => (byEvent ? toMs(since) + settings.settleMs : 0));
  const until = Math.min(...times);
  return times.length > 0 && toMs(now) < until ? toIso(until) : undefined;
}
