/**
 * Event subscriptions that a vault had when it was last healthy and has no more. They go with a deleted vault and recovery does not
 * bring them back (Microsoft Learn, "Azure Key Vault soft-delete overview").
 */
import { sameId } from "../arm-id.ts";
import type { EventSubscriptionFacts, Facts } from "../facts.ts";
import type { StepDraft } from "../steps/step.ts";

/** The one by which this vault's events reach Keymend. */
const isOwn = ({ properties }: EventSubscriptionFacts): boolean => /\/functions\/onKeyVaultEvent"/i.test(JSON.stringify(properties));

/** Somebody who takes away one subscription among others means it; all of them at once, or Keymend's own, is what recovery leaves behind. */
export function lostSubscriptions(facts: Facts, vaultId: string): StepDraft[] {
  const before = facts.baseline?.eventSubscriptions ?? [];
  const lost = before.filter(
    (one) => !facts.eventSubscriptions.some((now) => sameId(now.topicId, one.topicId) && now.name.toLowerCase() === one.name.toLowerCase()),
  );
  if (lost.length < before.length && !lost.some(isOwn)) return [];
  return lost.map(({ topicId, topicLocation, name, properties }) => ({
    name: "RestoreEventSubscription",
    params: { topicId, topicLocation, source: vaultId, name, properties },
  }));
}
