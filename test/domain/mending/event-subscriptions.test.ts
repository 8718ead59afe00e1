import { describe, expect, test } from "vitest";
import { lostSubscriptions, subscriptionsToMake } from "../../../src/domain/mending/event-subscriptions.ts";
import type { EventSubscriptionFacts } from "../../../src/domain/facts.ts";
import { aBaseline, APP_ID, aSubscription, someFacts, someSettings, VAULT_ID } from "../../support/builders.ts";

const subscription = (name: string, functionName: string): EventSubscriptionFacts =>
  aSubscription({ name, properties: { destination: { properties: { resourceId: `${APP_ID}/functions/${functionName}` } } } });
const own = subscription("keymend-keys", "onKeyVaultEvent");
const other = subscription("billing", "onBilling");
const topic = { id: own.topicId, name: own.topicName, location: own.topicLocation };

const ROWS: [string, EventSubscriptionFacts[] | null, EventSubscriptionFacts[], boolean, string[]][] = [
  ["all that went with a deleted vault come back", [own, other], [], true, ["billing", "keymend-keys"]],
  ["of a vault that was not deleted only Keymend's own", [own, other], [], false, ["keymend-keys"]],
  ["Keymend's own comes back, whoever took it", [own, other], [other], false, ["keymend-keys"]],
  ["one of somebody else's was meant to go", [own, other], [own], false, []],
  ["none is missing", [own, other], [other, own], true, []],
];

describe.each([
  ["which app it is is known", APP_ID],
  ["which app it is is not known", null],
])("where %s", (_, functionAppId) => {
  const made = (before: EventSubscriptionFacts[] | null, now: EventSubscriptionFacts[], isRecovered: boolean): string[] => {
    const baseline = before && aBaseline({ eventSubscriptions: before });
    const facts = someFacts({ eventSubscriptions: now, eventTopic: topic, baseline });
    const drafts = subscriptionsToMake(facts, VAULT_ID, isRecovered, someSettings({ functionAppId }));
    return drafts.map(({ params }) => ("name" in params ? params.name : ""));
  };

  test.each(ROWS)("%s", (__, before, now, isRecovered, names) => {
    expect(made(before, now, isRecovered)).toEqual(names);
  });

  test("without a baseline Keymend's own is made only where it is known which that is", () => {
    expect(made(null, [], true)).toEqual(functionAppId === null ? [] : ["keymend-keys"]);
    expect(made([other], [], false)).toEqual(functionAppId === null ? [] : ["keymend-keys"]);
  });
});

test("of a vault that was moved nothing is put back under a topic that is bound to its old id; Keymend's own is made anew", () => {
  const baseline = aBaseline({ eventSubscriptions: [own, other], vaultId: VAULT_ID.replace("rg-", "rg-old-") });
  const facts = someFacts({ eventSubscriptions: [], eventTopic: null, baseline });
  const drafts = subscriptionsToMake(facts, VAULT_ID, true, someSettings({ functionAppId: APP_ID }));
  expect(drafts).toMatchObject([{ params: { source: VAULT_ID, name: "keymend-keys" } }]);
  expect(drafts[0]?.params).not.toMatchObject({ topicId: own.topicId });
  expect(subscriptionsToMake(facts, VAULT_ID, true, someSettings({ functionAppId: null }))).toEqual([]);
});

test("of what can't be read nothing counts as lost, and nothing is made", () => {
  const facts = someFacts({ eventSubscriptions: [own], baseline: aBaseline({ eventSubscriptions: [own] }) });
  expect(subscriptionsToMake(facts, VAULT_ID, true, someSettings({ functionAppId: APP_ID }))).toEqual([]);
});

test("what goes with a deleted vault is all that the baseline has", () => {
  expect(lostSubscriptions(someFacts({ baseline: aBaseline({ eventSubscriptions: [own, other] }) }), VAULT_ID)).toHaveLength(2);
  expect(lostSubscriptions(someFacts({ baseline: null }), VAULT_ID)).toEqual([]);
});
