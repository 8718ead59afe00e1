import { expect, test } from "vitest";
import { lostSubscriptions } from "../../../src/domain/mending/event-subscriptions.ts";
import type { EventSubscriptionFacts } from "../../../src/domain/facts.ts";
import { aBaseline, aSubscription, someFacts, VAULT_ID } from "../../support/builders.ts";

const subscription = (name: string, functionName: string): EventSubscriptionFacts =>
  aSubscription({ name, properties: { destination: { properties: { resourceId: `/sites/func/functions/${functionName}` } } } });
const own = subscription("keymend-keys", "onKeyVaultEvent");
const other = subscription("billing", "onBilling");

const lost = (before: EventSubscriptionFacts[], now: EventSubscriptionFacts[]): string[] =>
  lostSubscriptions(someFacts({ eventSubscriptions: now, baseline: aBaseline({ eventSubscriptions: before }) }), VAULT_ID).map(
    ({ params }) => ("name" in params ? params.name : ""),
  );

test.each([
  ["all that went with a deleted vault come back", [own, other], [], ["keymend-keys", "billing"]],
  ["also where none of them was Keymend's", [other], [], ["billing"]],
  ["Keymend's own comes back", [own, other], [other], ["keymend-keys"]],
  ["one that somebody took away among others was meant to go", [own, other], [own], []],
  ["none is missing", [own, other], [other, own], []],
])("%s", (_, before, now, names) => {
  expect(lost(before, now)).toEqual(names);
});

test("without a baseline nothing is known to be missing", () => {
  expect(lostSubscriptions(someFacts({ baseline: null }), VAULT_ID)).toEqual([]);
});
