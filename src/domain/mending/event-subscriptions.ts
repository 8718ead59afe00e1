/**
 * Event subscriptions that a vault had when it was last healthy and has no more. They go with a deleted vault and recovery does not
 * bring them back (Microsoft Learn, "Azure Key Vault soft-delete overview").
 */
import { sameId } from "../arm-id.ts";
import type { Facts } from "../facts.ts";
import type { Settings } from "../settings.ts";
import type { StepDraft } from "../steps/step.ts";
import { armingOf, isOwn, subscriptionsBefore } from "../arming.ts";

/** What the baseline has and is not there any more. What can't be read counts as being there. */
export function lostSubscriptions(facts: Facts, vaultId: string): (StepDraft & { name: "RestoreEventSubscription" })[] {
  const before = subscriptionsBefore(facts.baseline, vaultId);
  const lost = before.filter(
    (one) => !facts.eventSubscriptions.some((now) => sameId(now.topicId, one.topicId) && now.name.toLowerCase() === one.name.toLowerCase()),
  );
  return lost.map(({ topicId, topicLocation, name, properties }) => ({
    name: "RestoreEventSubscription",
    params: { topicId, topicLocation, source: vaultId, name, properties },
  }));
}

/**
 * Around a live vault: Keymend's own, made or put back whoever took it. What belongs to others is theirs: who takes one away means it, unless
 * it went with a vault that was deleted (isRecovered: this incident has seen it so).
 */
export function subscriptionsToMake(facts: Facts, vaultId: string, isRecovered: boolean, settings: Settings): StepDraft[] {
  const lost = lostSubscriptions(facts, vaultId);
  const arming = armingOf(facts, settings);
  const isMine = ({ params }: (typeof lost)[number]): boolean => isOwn(params.properties, settings.functionAppId);
  const own = arming === undefined ? lost.filter(isMine) : arming.state === "unarmed" && arming.draft ? [arming.draft] : [];
  return [...(isRecovered ? lost.filter((one) => !isMine(one)) : []), ...own];
}
