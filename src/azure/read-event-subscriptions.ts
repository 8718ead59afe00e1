/** Reads the Event Grid subscriptions on the system topics of a vault or a subscription, as they would have to be put back: deleting the vault deletes them. */
import * as v from "valibot";
import { parseArmId, sameId } from "../domain/arm-id.ts";
import type { EventSubscriptionFacts, EventTopicFacts, Unreadable } from "../domain/facts.ts";
import { InvariantError } from "../domain/errors.ts";
import { actions } from "../domain/steps/spec.ts";
import type { Arm } from "./arm.ts";
import { callAzure, toUnreadable } from "./call-azure.ts";
import { shareAnswer } from "./shared-answer.ts";

/** topic: null where the vault has none. */
export type VaultEvents = { topic: EventTopicFacts | null; subscriptions: EventSubscriptionFacts[] };

/** What could not be read is not empty: a refusal comes back as one. */
export type ReadEventSubscriptions = (vaultId: string) => Promise<VaultEvents | Unreadable>;

/** Permission. */
export const READ_EVENT_SUBSCRIPTIONS = actions(
  "Microsoft.EventGrid/systemTopics/read",
  "Microsoft.EventGrid/systemTopics/eventSubscriptions/read",
);

export const EVENT_GRID = "api-version=2025-02-15";

/** What Azure sets itself and refuses or ignores in a PUT. */
const READ_ONLY = new Set(["topic", "provisioningState"]);

const topicRow = v.object({
  id: v.string(),
  name: v.string(),
  location: v.string(),
  identity: v.nullish(v.object({ userAssignedIdentities: v.nullish(v.record(v.string(), v.unknown())) })),
  properties: v.object({ source: v.nullish(v.string()) }),
});
type Topic = v.InferOutput<typeof topicRow>;
const subscriptionRow = v.object({ id: v.string(), name: v.string(), properties: v.record(v.string(), v.unknown()) });

type TopicsOf = (sourceId: string) => Promise<Topic[]>;

/** Make one for all looks: the list of topics is long, and the same for every vault of a subscription. */
export function createTopicsOf(clients: { arm: Arm }, now: () => Date = () => new Date()): TopicsOf {
  const lists = new Map<string, () => Promise<Topic[]>>();
  return async (sourceId) => {
    const subscriptionId = parseArmId(sourceId)?.subscriptionId;
    if (!subscriptionId) throw new InvariantError(`${sourceId} is in no subscription`);
    const url = `/subscriptions/${subscriptionId}/providers/Microsoft.EventGrid/systemTopics?${EVENT_GRID}`;
    const list = lists.get(subscriptionId) ?? shareAnswer(now, async () => v.parse(v.array(topicRow), await clients.arm.list(url)));
    lists.set(subscriptionId, list);
    return (await list()).filter((topic) => sameId(topic.properties.source ?? "", sourceId));
  };
}

export type ReadTopic = (sourceId: string) => Promise<EventTopicFacts | null | Unreadable>;

export const createReadTopic =
  (topicsOf: TopicsOf): ReadTopic =>
  async (sourceId) => {
    const read = await callAzure("read a system topic", sourceId, () => topicsOf(sourceId));
    return read.ok ? (read.value.map(topicFacts)[0] ?? null) : toUnreadable(read.failure);
  };

export function createReadEventSubscriptions(clients: { arm: Arm }, topicsOf = createTopicsOf(clients)): ReadEventSubscriptions {
  return async (vaultId) => {
    const read = await callAzure("read event subscriptions", vaultId, async () => {
      const own = await topicsOf(vaultId);
      const found = await Promise.all(
        own.map(async (topic) => {
          const listed = v.parse(v.array(subscriptionRow), await clients.arm.list(`${topic.id}/eventSubscriptions?${EVENT_GRID}`));
          return listed.map((subscription) => toFacts(topic, subscription));
        }),
      );
      return { topic: own.map(topicFacts)[0] ?? null, subscriptions: found.flat() };
    });
    if (read.ok) return read.value;
    return read.failure.kind === "notFound" ? { topic: null, subscriptions: [] } : toUnreadable(read.failure);
  };
}

const topicFacts = ({ id, name, location, identity }: Topic): EventTopicFacts => ({
  id,
  name,
  location,
  identityIds: Object.keys(identity?.userAssignedIdentities ?? {}),
});

function toFacts(topic: Topic, subscription: v.InferOutput<typeof subscriptionRow>): EventSubscriptionFacts {
  const kept = Object.entries(subscription.properties).filter(([name, value]) => !READ_ONLY.has(name) && value !== null);
  return {
    id: subscription.id,
    name: subscription.name,
    topicId: topic.id,
    topicName: topic.name,
    topicLocation: topic.location,
    properties: Object.fromEntries(kept),
  };
}
