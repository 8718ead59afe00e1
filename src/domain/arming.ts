/**
 * Whether a vault is armed: whether its events reach Keymend. The inventory says which vaults there are, so nobody keeps a list: what a vault
 * lacks is made like any repair, by a step. Only Keymend's own event subscription is made, under the vault's one system topic, whoever made
 * that: "Only one Azure Event Grid system topic is allowed per source" (Microsoft Learn, "System topics in Azure Event Grid").
 */
import { groupIn, isUnder, nameOf, sameId } from "./arm-id.ts";
import { OPERATIONS } from "./signal.ts";
import type { EventSubscriptionFacts, EventTopicFacts, Facts, LiveVault } from "./facts.ts";
import type { DeadLetters, Settings } from "./settings.ts";
import type { StepDraft } from "./steps/step.ts";

/** The function that hears of keys, as src/main.ts registers it. */
const FUNCTION = "onKeyVaultEvent";

/** As infra/modules/vault-events.bicep calls its own, in a deployment of the name that is the default. */
const NAME = "keymend-keys";
/** "Event subscription names must be between 3 and 64 characters in length" (REST specification, Microsoft.EventGrid). */
const LONGEST_NAME = 64;

export const KEY_EVENTS: readonly string[] = ["KeyNearExpiry", "KeyExpired", "KeyNewVersionCreated", "VaultAccessPolicyChanged"].map(
  (type) => `Microsoft.KeyVault.${type}`,
);

/** draft: what would arm it; null where that can't be told, or would take what is somebody else's. */
export type Arming = { state: "armed" } | { state: "unarmed"; why: string; draft: StepDraft | null };

type Dict = Record<string, unknown>;

const dictOf = (value: unknown): Dict => (typeof value === "object" && value !== null ? { ...value } : {});

const functionOf = (appId: string, name: string): string => `${appId}/functions/${name}`;

function receiverOf(properties: Dict): string | undefined {
  const { resourceId } = dictOf(dictOf(properties["destination"])["properties"]);
  return typeof resourceId === "string" ? resourceId : undefined;
}

const goesTo = (properties: Dict, functionId: string): boolean => sameId(receiverOf(properties) ?? "", functionId);

/** To any function of it. */
export const goesToApp = (properties: Dict, appId: string): boolean => isUnder(`${appId}/functions`, receiverOf(properties) ?? "");

/** Whether what it hears reaches Keymend. appId: null where Keymend does not know which app it is; then every one to a function of that name. */
export function isOwn(properties: Dict, appId: string | null): boolean {
  if (appId === null) return JSON.stringify(properties).toLowerCase().includes(`/functions/${FUNCTION}"`.toLowerCase());
  return goesTo(properties, functionOf(appId, FUNCTION));
}

/** Those that a filter by type leaves out; without one all come. */
function unheardOf({ properties }: EventSubscriptionFacts): string[] {
  const types = dictOf(properties["filter"])["includedEventTypes"];
  if (!Array.isArray(types)) return [];
  const heard = types.map((type) => String(type).toLowerCase());
  return KEY_EVENTS.filter((type) => !heard.includes(type.toLowerCase()));
}

/** Under another name where a second Keymend, or whoever, has taken the first. */
function freeName(taken: readonly EventSubscriptionFacts[], appId: string): string | undefined {
  const names = [NAME, `${NAME}-${nameOf(appId)}`.slice(0, LONGEST_NAME)];
  return names.find((name) => !taken.some((one) => one.name.toLowerCase() === name.toLowerCase()));
}

/**
 * What the vault had when it was last healthy. One that was moved has another id, and what its topic is bound to is the old one (REST
 * specification, Microsoft.EventGrid: a system topic's `source`): nothing of it is to be had back under that topic.
 */
export const subscriptionsBefore = (baseline: Facts["baseline"], vaultId: string): EventSubscriptionFacts[] =>
  baseline !== null && sameId(baseline.vaultId ?? vaultId, vaultId) ? baseline.eventSubscriptions : [];

/** The vault's, or the one that it had, or else a new one beside the vault: it must be in the subscription of its source (as above). */
function topicFor({ baseline, eventTopic }: Facts, vault: LiveVault, appId: string): Pick<EventTopicFacts, "id" | "location"> {
  if (eventTopic) return eventTopic;
  const before = subscriptionsBefore(baseline, vault.id).find(({ properties }) => isOwn(properties, appId));
  if (before) return { id: before.topicId, location: before.topicLocation };
  return { id: `${groupIn(vault.id)}/providers/Microsoft.EventGrid/systemTopics/keymend-${vault.name}`, location: vault.location };
}

/** Keeps what could not be delivered, by an identity that the topic has: one that Keymend makes gets it, another is left as it is. */
const keptBy = ({ identityId, storageId, container }: DeadLetters): Dict => ({
  deadLetterWithResourceIdentity: {
    identity: { type: "UserAssigned", userAssignedIdentity: identityId },
    deadLetterDestination: { endpointType: "StorageBlob", properties: { resourceId: storageId, blobContainerName: container } },
  },
});

/** As the deployment subscribes to them (infra/modules/vault-events.bicep and subscription-events.bicep). */
const bringing = (filter: Dict, functionId: string): Dict => ({
  eventDeliverySchema: "EventGridSchema",
  destination: { endpointType: "AzureFunction", properties: { resourceId: functionId, maxEventsPerBatch: 1 } },
  filter,
  retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 },
});

/** Undefined where there is no vault that could be armed, or Keymend does not know which app it is. */
export function armingOf(
  facts: Facts,
  { functionAppId, deadLetters }: Pick<Settings, "functionAppId" | "deadLetters">,
): Arming | undefined {
  const { vault, eventTopic, eventSubscriptions } = facts;
  if (vault?.state !== "live" || functionAppId === null) return undefined;
  // What can't be read may be there: nothing is made on a guess.
  if (eventTopic === undefined) return { state: "unarmed", why: "its event subscriptions can't be read", draft: null };
  const own = eventSubscriptions.filter(({ properties }) => isOwn(properties, functionAppId));
  if (own.some((one) => unheardOf(one).length === 0)) return { state: "armed" };
  const [narrow] = own;
  if (narrow) return { state: "unarmed", why: `event subscription ${narrow.name} leaves out ${unheardOf(narrow).join(", ")}`, draft: null };
  const name = freeName(eventSubscriptions, functionAppId);
  if (name === undefined) return { state: "unarmed", why: "the names of its event subscription are taken by others", draft: null };
  const { id: topicId, location: topicLocation } = topicFor(facts, vault, functionAppId);
  const hasIdentity = eventTopic === null || (eventTopic.identityIds ?? []).some((id) => sameId(id, deadLetters?.identityId ?? ""));
  const kept = deadLetters && hasIdentity ? keptBy(deadLetters) : {};
  const properties = { ...bringing({ includedEventTypes: KEY_EVENTS }, functionOf(functionAppId, FUNCTION)), ...kept };
  const params = { topicId, topicLocation, source: vault.id, name, properties };
  return {
    state: "unarmed",
    why: "no event subscription brings its events to Keymend",
    draft: { name: "RestoreEventSubscription", params },
  };
}

/** Whether the step makes Keymend's own: nothing of a database's or a vault's is touched by it. */
export const isArming = ({ name, params }: StepDraft, { functionAppId }: Pick<Settings, "functionAppId">): boolean =>
  name === "RestoreEventSubscription" && functionAppId !== null && isOwn(params.properties, functionAppId);

/** The function that hears of resources, as src/main.ts registers it. */
const RESOURCE_FUNCTION = "onResourceEvent";
/** As infra/modules/subscription-events.bicep calls its own, likewise. */
const RESOURCE_NAME = "keymend-resources";

const RESOURCE_EVENTS = ["Write", "Delete", "Action"].map((verb) => `Microsoft.Resources.Resource${verb}Success`);

const among = (all: readonly unknown[], one: string): boolean => all.some((other) => String(other).toLowerCase() === one.toLowerCase());

/** Types, then operations, that its filters leave out: a filter by operation is one of several, which must all let an event through. */
function unheardResources({ properties }: EventSubscriptionFacts): string[] {
  const { includedEventTypes: types, advancedFilters: filters } = dictOf(properties["filter"]);
  const byOperation = (Array.isArray(filters) ? filters : [])
    .map(dictOf)
    .flatMap(({ key, operatorType, values }) =>
      String(key).toLowerCase() === "data.operationname" && String(operatorType).toLowerCase() === "stringin" && Array.isArray(values)
        ? [values as unknown[]]
        : [],
    );
  return [
    ...(Array.isArray(types) ? RESOURCE_EVENTS.filter((type) => !among(types, type)) : []),
    ...Object.keys(OPERATIONS).filter((operation) => byOperation.some((values) => !among(values, operation))),
  ];
}

/** What a subscription's system topics have; null: no such topic. */
export type SubscriptionEvents = { topic: EventTopicFacts | null; subscriptions: readonly EventSubscriptionFacts[] };

/** Of a subscription that is watched. draft: what would arm it by hand; null where that would take what is somebody else's, or change what is there. */
export function subscriptionArmingOf(subscriptionId: string, { topic, subscriptions }: SubscriptionEvents, appId: string): Arming {
  const functionId = functionOf(appId, RESOURCE_FUNCTION);
  const own = subscriptions.filter(({ properties }) => goesTo(properties, functionId));
  if (own.some((one) => unheardResources(one).length === 0)) return { state: "armed" };
  const [narrow] = own;
  if (narrow)
    return { state: "unarmed", why: `event subscription ${narrow.name} leaves out ${unheardResources(narrow).join(", ")}`, draft: null };
  const why = "no event subscription brings the events of its resources to Keymend";
  // A topic of a subscription is made with the deployment, which knows where: only what is under it can be told.
  if (topic === null || subscriptions.some(({ name }) => name.toLowerCase() === RESOURCE_NAME))
    return { state: "unarmed", why, draft: null };
  const filter = {
    includedEventTypes: RESOURCE_EVENTS,
    advancedFilters: [{ operatorType: "StringIn", key: "data.operationName", values: Object.keys(OPERATIONS) }],
  };
  const source = `/subscriptions/${subscriptionId}`;
  const params = {
    topicId: topic.id,
    topicLocation: topic.location,
    source,
    name: RESOURCE_NAME,
    properties: bringing(filter, functionId),
  };
  return { state: "unarmed", why, draft: { name: "RestoreEventSubscription", params } };
}
