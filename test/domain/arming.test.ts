import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { EventSubscriptionFacts, Facts } from "../../src/domain/facts.ts";
import { type Arming, armingOf, goesToApp, isArming, isOwn, KEY_EVENTS, subscriptionArmingOf } from "../../src/domain/arming.ts";
import { OPERATIONS } from "../../src/domain/signal.ts";
import { azOf } from "../../src/domain/steps/index.ts";
import type { StepDraft } from "../../src/domain/steps/step.ts";
import { aBaseline, APP_ID, aSubscription, aVault, someFacts, someSettings, VAULT_ID } from "../support/builders.ts";

const GROUP = VAULT_ID.split("/").slice(0, 5).join("/");
const TOPIC = { id: `${GROUP}/providers/Microsoft.EventGrid/systemTopics/theirs`, name: "theirs", location: "global" };
const settings = someSettings({ functionAppId: APP_ID });

const to = (handler: string, over: Partial<EventSubscriptionFacts> = {}, includedEventTypes?: unknown): EventSubscriptionFacts =>
  aSubscription({
    ...over,
    properties: { destination: { endpointType: "AzureFunction", properties: { resourceId: handler } }, filter: { includedEventTypes } },
  });
const HANDLER = `${APP_ID}/functions/onKeyVaultEvent`;
const own = (types?: unknown): EventSubscriptionFacts => to(HANDLER, { name: "keymend-keys" }, types);

const arming = (over: Partial<Facts>): Arming | undefined =>
  armingOf(someFacts({ eventTopic: TOPIC, eventSubscriptions: [], ...over }), settings);

function draftOf(found: Arming | undefined): StepDraft & { name: "RestoreEventSubscription" } {
  if (found?.state !== "unarmed" || found.draft?.name !== "RestoreEventSubscription") throw new Error(`no draft: ${JSON.stringify(found)}`);
  return found.draft;
}

test.each<[string, EventSubscriptionFacts]>([
  ["of all kinds", own()],
  [
    "of the kinds that matter, and of others, in any casing",
    own([...KEY_EVENTS.map((type) => type.toUpperCase()), "Microsoft.KeyVault.SecretExpired"]),
  ],
  ["under any name, the function's id in any casing", to(HANDLER.toUpperCase(), { name: "by-hand" })],
])("a vault is armed where a subscription brings Keymend its events: %s", (_, one) => {
  expect(arming({ eventSubscriptions: [to("/elsewhere", { name: "a" }), one] })).toEqual({ state: "armed" });
});

test.each<[string, Partial<Facts>]>([
  [
    "is deleted",
    {
      vault: {
        state: "deleted",
        id: VAULT_ID,
        name: "v",
        resourceGroup: "g",
        location: "l",
        tags: {},
        deletedOn: null,
        scheduledPurgeOn: null,
      },
    },
  ],
  ["is none", { vault: null }],
])("nothing is said of a vault that %s", (_, over) => {
  expect(arming(over)).toBeUndefined();
});

test("nothing is said where Keymend does not know which app it is", () => {
  expect(armingOf(someFacts({ eventTopic: null }), someSettings())).toBeUndefined();
});

test("what can't be read is made by nobody", () => {
  const facts = someFacts();
  expect("eventTopic" in facts).toBe(false);
  expect(armingOf(facts, settings)).toMatchObject({ state: "unarmed", draft: null, why: "its event subscriptions can't be read" });
});

test("one that leaves something out is Keymend's own, and told; nothing is written over it", () => {
  const found = arming({ eventSubscriptions: [own(KEY_EVENTS.slice(1))] });
  expect(found).toMatchObject({
    state: "unarmed",
    draft: null,
    why: expect.stringContaining("leaves out Microsoft.KeyVault.KeyNearExpiry") as string,
  });
});

test("what is lacking is made under the vault's topic, whoever made that", () => {
  expect(draftOf(arming({})).params).toMatchObject({ topicId: TOPIC.id, topicLocation: "global", source: VAULT_ID, name: "keymend-keys" });
});

test("a vault without a topic gets one beside it, in its own subscription, or that which it had", () => {
  const { params } = draftOf(arming({ eventTopic: null, vault: aVault({ location: "northeurope" }) }));
  expect(params.topicId).toBe(`${GROUP}/providers/Microsoft.EventGrid/systemTopics/keymend-kv-orders`);
  expect(params.topicLocation).toBe("northeurope");
  const baseline = aBaseline({
    eventSubscriptions: [to("/elsewhere", { topicId: "other" }), to(HANDLER, { topicId: "before", topicLocation: "west" })],
  });
  expect(draftOf(arming({ eventTopic: null, baseline })).params).toMatchObject({ topicId: "before", topicLocation: "west" });
});

const KEPT = { identityId: `${GROUP}/id-events`, storageId: `${GROUP}/st1`, container: "dead-letters" };

test.each<[string, Facts["eventTopic"], boolean]>([
  ["that is made with the identity for it", null, true],
  ["that has that identity, in any casing", { ...TOPIC, identityIds: ["/other", KEPT.identityId.toUpperCase()] }, true],
  ["that has another one", { ...TOPIC, identityIds: ["/other"] }, false],
  ["of which no identity is known", TOPIC, false],
])("what can't be delivered is kept under a topic %s", (_, eventTopic, isKept) => {
  const facts = someFacts({ eventTopic: eventTopic!, eventSubscriptions: [] });
  const { properties } = draftOf(armingOf(facts, { ...settings, deadLetters: KEPT })).params;
  const kept = {
    identity: { type: "UserAssigned", userAssignedIdentity: KEPT.identityId },
    deadLetterDestination: { endpointType: "StorageBlob", properties: { resourceId: KEPT.storageId, blobContainerName: "dead-letters" } },
  };
  expect(properties["deadLetterWithResourceIdentity"]).toEqual(isKept ? kept : undefined);
  expect(draftOf(armingOf(facts, settings)).params.properties).not.toHaveProperty("deadLetterWithResourceIdentity");
});

test("a name that another has is left to it", () => {
  const taken = to("/another/app", { name: "KEYMEND-KEYS" });
  expect(draftOf(arming({ eventSubscriptions: [taken] })).params.name).toBe("keymend-keys-func-keymend");
  const both = [taken, to("/another/app", { name: "keymend-keys-func-keymend" })];
  expect(arming({ eventSubscriptions: both })).toMatchObject({
    state: "unarmed",
    draft: null,
    why: expect.stringContaining("taken") as string,
  });
});

test("once it is made the vault is armed, and the step is Keymend's own", () => {
  const draft = draftOf(arming({}));
  const { name, topicId, properties } = draft.params;
  expect(arming({ eventSubscriptions: [aSubscription({ name, topicId, properties })] })).toEqual({ state: "armed" });
  expect(isArming(draft, settings)).toBe(true);
  expect(isArming(draft, someSettings())).toBe(false);
  expect(isArming(draft, someSettings({ functionAppId: `${APP_ID}2` }))).toBe(false);
  expect(isArming({ name: "RecoverKey", params: { vaultId: VAULT_ID, vaultUri: "https://v", key: "k" } }, settings)).toBe(false);
});

test.each<[Record<string, unknown>, boolean]>([
  [{}, false],
  [{ destination: { properties: { resourceId: 5 } } }, false],
  [{ destination: "x" }, false],
])("%j is Keymend's own: %s", (properties, expected) => {
  expect(isOwn(properties, APP_ID)).toBe(expected);
});

test.each<[Record<string, unknown>, boolean]>([
  [to(HANDLER).properties, true],
  [to(`${APP_ID.toUpperCase()}/functions/onResourceEvent`).properties, true],
  [to(`${APP_ID}-2/functions/onKeyVaultEvent`).properties, false],
  [{ destination: { endpointType: "WebHook", properties: { endpointBaseUrl: "https://example.com" } } }, false],
])("%j leads to a function of the app: %s", (properties, expected) => {
  expect(goesToApp(properties, APP_ID)).toBe(expected);
});

test("is what the template deploys", () => {
  const bicep = readFileSync("infra/modules/vault-events.bicep", "utf8");
  const { name, properties } = draftOf(arming({})).params;
  // In a deployment of the name that is the default.
  const [, deployment] = /^param name string = '(.+)'$/m.exec(readFileSync("infra/main.bicep", "utf8"))!;
  expect(bicep).toContain("name: '${name}-keys'");
  expect(name).toBe(`${deployment}-keys`);
  expect(bicep).toContain("resourceId: '${functionAppId}/functions/onKeyVaultEvent'");
  expect([...bicep.matchAll(/'(Microsoft\.KeyVault\.\w+)'/g)].map(([, type]) => type)).toEqual([
    "Microsoft.KeyVault.vaults",
    ...KEY_EVENTS,
  ]);
  const { retryPolicy, eventDeliverySchema } = properties as { retryPolicy: Record<string, number>; eventDeliverySchema: string };
  expect(bicep).toContain(
    `retryPolicy: { ${Object.entries(retryPolicy)
      .map(([key, value]) => `${key}: ${value}`)
      .join(", ")} }`,
  );
  expect(bicep).toContain(`eventDeliverySchema: '${eventDeliverySchema}'`);
});

const RESOURCES = `${APP_ID}/functions/onResourceEvent`;
const TYPES = ["Write", "Delete", "Action"].map((verb) => `Microsoft.Resources.Resource${verb}Success`);
const ALL = Object.keys(OPERATIONS);

/** Of the subscription's resources, with these filters. */
const resources = (filter: Record<string, unknown>, name = "keymend-resources", handler = RESOURCES): EventSubscriptionFacts =>
  aSubscription({
    name,
    properties: { destination: { endpointType: "AzureFunction", properties: { resourceId: handler } }, filter },
  });
const byOperation = (values: unknown, key = "data.operationName") => ({ operatorType: "StringIn", key, values });
const ofSubscription = (...subscriptions: EventSubscriptionFacts[]): Arming =>
  subscriptionArmingOf("s1", { topic: TOPIC, subscriptions }, APP_ID);

test.each<[string, Record<string, unknown>]>([
  ["by no filter", {}],
  ["by the filters of the deployment", { includedEventTypes: TYPES, advancedFilters: [byOperation(ALL)] }],
  [
    "in any casing, and more",
    {
      includedEventTypes: TYPES.map((type) => type.toUpperCase()),
      advancedFilters: [byOperation([...ALL.map((one) => one.toUpperCase()), "x"])],
    },
  ],
  [
    "by filters of another field",
    {
      advancedFilters: [
        byOperation(["x"], "data.status"),
        { operatorType: "StringContains", key: "data.operationName", values: ["x"] },
        byOperation("x"),
      ],
    },
  ],
])("a subscription is armed where its resources' events come: %s", (_, filter) => {
  expect(ofSubscription(resources({}, "other", "/elsewhere"), resources(filter, "by-hand", RESOURCES.toUpperCase()))).toEqual({
    state: "armed",
  });
});

test.each<[string, Record<string, unknown>, string]>([
  ["a kind", { includedEventTypes: TYPES.slice(1) }, TYPES[0]!],
  ["an operation", { advancedFilters: [byOperation(ALL.slice(1))] }, ALL[0]!],
  ["an operation, by one filter of two", { advancedFilters: [byOperation(ALL), byOperation(ALL.slice(1))] }, ALL[0]!],
])("one that leaves out %s is told with what it leaves out", (_, filter, out) => {
  expect(ofSubscription(resources(filter))).toEqual({
    state: "unarmed",
    why: `event subscription keymend-resources leaves out ${out}`,
    draft: null,
  });
});

test("what is lacking is told as commands under the topic that is there, of the whole subscription", () => {
  const draft = draftOf(ofSubscription());
  expect(draft.params).toMatchObject({ topicId: TOPIC.id, source: "/subscriptions/s1", name: "keymend-resources" });
  expect(azOf(draft).join(" ")).toContain("Microsoft.Resources.Subscriptions");
  const made = { topic: TOPIC, subscriptions: [aSubscription({ name: draft.params.name, properties: draft.params.properties })] };
  expect(subscriptionArmingOf("s1", made, APP_ID)).toEqual({ state: "armed" });
});

test.each<[string, Parameters<typeof subscriptionArmingOf>[1]]>([
  ["without a topic", { topic: null, subscriptions: [] }],
  ["whose name is taken", { topic: TOPIC, subscriptions: [resources({}, "Keymend-Resources", "/elsewhere")] }],
])("%s nothing is proposed", (_, events) => {
  expect(subscriptionArmingOf("s1", events, APP_ID)).toMatchObject({ state: "unarmed", draft: null });
});
