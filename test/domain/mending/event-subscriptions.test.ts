import { expect, test } from "vitest";
import { lostSubscriptions } from "../../../src/domain/mending/event-subscriptions.ts";
import type { EventSubscriptionFacts } from "../../../src/domain/facts.ts";
import { aBaseline, aSubscription, someFacts, VAULT_ID } from "../../support/builders.ts";

const subscription = (name: string, functionName: string): EventSubscriptionFacts =>
  aSubscription({ name, properties: { destination: { properties: { resourceId: `/sites/func/functions/${functionName}` } } } });
const own = subscription("keymend-keys", "onKeyVaultEvent");
const other = subscription("billing", "onBilling");

const lost = (before: EventSubscriptionFacts[] | null, now: EventSubscriptionFacts[], isRecovered: boolean): string[] => {
  const baseline = before && aBaseline({ eventSubscriptions: before });
  return lostSubscriptions(someFacts({ eventSubscriptions: now, baseline }), VAULT_ID, isRecovered).map(({ params }) =>
    "name" in params ? params.name : "",
  );
};

test.each([
  ["all that went with a deleted vault come back", [own, other], [], true, ["keymend-keys", "billing"]],
  ["of a vault that was not deleted only Keymend's own", [own, other], [], false, ["keymend-keys"]],
  ["Keymend's own comes back, whoever took it", [own, other], [other], false, ["keymend-keys"]],
  ["one of somebody else's was meant to go", [own, other], [own], false, []],
  ["also the last one", [other], [], false, []],
  ["none is missing", [own, other], [other, own], true, []],
  ["without a baseline nothing is known to be missing", null, [], true, []],
])("%s", (_, before, now, isRecovered, names) => {
  expect(lost(before, now, isRecovered)).toEqual(names);
});
