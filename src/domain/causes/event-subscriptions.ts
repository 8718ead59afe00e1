/** Event subscriptions that a vault had when it was last healthy and has no more. They go with a deleted vault and are not recovered. */
import { sameId } from "../arm-id.ts";
import type { Facts } from "../facts.ts";
import type { StepDraft } from "../steps/step.ts";

export function lostSubscriptions(facts: Facts, vaultId: string): StepDraft[] {
  const before = facts.baseline?.eventSubscriptions ?? [];
  const lost = before.filter(
    (one) => !facts.eventSubscriptions.some((now) => sameId(now.topicId, one.topicId) && now.name.toLowerCase() === one.name.toLowerCase()),
  );
  return lost.map(({ topicId, topicLocation, name, properties }) => ({
    name: "RestoreEventSubscription",
    params: { topicId, topicLocation, source: vaultId, name, properties },
  }));
}
