/**
 * Event subscriptions that a vault had when it was last healthy and has no more. They go with a deleted vault and recovery does not
 * bring them back (Microsoft Learn, "Azure Key Vault soft-delete overview").
 */
import { sameId } from "../arm-id.ts";
import type { EventSubscriptionFacts, Facts } from "../facts.ts";
import type { StepDraft } from "../steps/step.ts";

/** The one by which this vault's events reach Keymend. */
const isOwn = ({ properties }: EventSubscriptionFacts): boolean => /\/functions\/onKeyVaultEvent"/i.test(JSON.stringify(properties));

/**
 * Keymend's own is put back whoever took it. What belongs to others is theirs: who takes one away means it, unless it went with a vault
 * that was deleted (isRecovered: this incident has seen it so).
 */
export function lostSubscriptions(facts: Facts, vaultId: string, isRecovered: boolean): StepDraft[] {
  const before = facts.baseline?.eventSubscriptions ?? [];
  const lost = before.filter(
    (one) => !facts.eventSubscriptions.some((now) => sameId(now.topicId, one.topicId) && now.name.toLowerCase() === one.name.toLowerCase()),
  );
  return (isRecovered ? lost : lost.filter(isOwn)).map(({ topicId, topicLocation, name, properties }) => ({
    name: "RestoreEventSubscription",
    params: { topicId, topicLocation, source: vaultId, name, properties },
  }));
}
