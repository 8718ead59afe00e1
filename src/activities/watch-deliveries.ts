/** Tells of events that Event Grid has given up to deliver to Keymend, whoever made the topic that they came by. */
import { goesToApp, type SubscriptionEvents } from "../domain/arming.ts";
import { isVaultId, sameText } from "../domain/arm-id.ts";
import { TransientError } from "../domain/errors.ts";
import type { EventTopicFacts, Patient, Unreadable } from "../domain/facts.ts";
import {
  type DeliveriesRecord,
  dueShare,
  sayUndelivered,
  SHARES,
  type Span,
  type Undelivered,
  withRead,
} from "../domain/turn/deliveries.ts";
import type { Log } from "../log.ts";

export type WatchDeliveriesDeps = {
  subscriptionIds: readonly string[];
  /** Null: Keymend does not know which app it is. */
  functionAppId: string | null;
  readTopic: (sourceId: string) => Promise<EventTopicFacts | null | Unreadable>;
  readEvents: (sourceId: string) => Promise<SubscriptionEvents | Unreadable>;
  readUndelivered: (topicId: string, span: Span) => Promise<Undelivered[] | Unreadable>;
  /** In hexadecimal digits. */
  hash: (text: string) => string;
  load: () => Promise<DeliveriesRecord | null>;
  keep: (record: DeliveriesRecord) => Promise<void>;
  now: () => Date;
};

type Lost = { sourceId: string; undelivered: Undelivered };

export function createWatchDeliveries(deps: WatchDeliveriesDeps) {
  const { subscriptionIds, functionAppId, readTopic, readEvents, readUndelivered, hash, load, keep, now } = deps;
  const shareOf = (sourceId: string): number => Number.parseInt(hash(sourceId.toLowerCase()).slice(0, 8), 16) % SHARES;

  /** Where the topic has none, or brings none to Keymend, that is told as such. */
  async function look(sourceId: string, appId: string, span: Span): Promise<Lost[] | Unreadable> {
    const topic = await readTopic(sourceId);
    if (topic === null || "state" in topic) return topic ?? [];
    const found = await readUndelivered(topic.id, span);
    if ("state" in found) return found;
    const lost = found.filter(({ dropped, kept }) => dropped + kept > 0);
    if (lost.length === 0) return [];
    const events = await readEvents(sourceId);
    if ("state" in events) return events;
    const own = events.subscriptions.filter(({ properties }) => goesToApp(properties, appId));
    const isOwn = ({ subscription }: Undelivered): boolean => own.some(({ name }) => sameText(name, subscription));
    return lost.filter(isOwn).map((undelivered) => ({ sourceId, undelivered }));
  }

  return async (patients: readonly Patient[], log: Log): Promise<void> => {
    if (functionAppId === null) return;
    const record = await load();
    const due = dueShare(record, now().toISOString());
    if (due === null) return;
    const sources = [...subscriptionIds.map((id) => `/subscriptions/${id}`), ...patients.map(({ id }) => id).filter(isVaultId)];
    const lost: Lost[] = [];
    try {
      for (const sourceId of sources.filter((id) => shareOf(id) === due.share)) {
        const found = await look(sourceId, functionAppId, due);
        if (Array.isArray(found)) lost.push(...found);
        else log.warn("deliveriesUnread", { vaultId: sourceId, text: `what of its events was lost can't be read: ${found.detail}` });
      }
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      log.warn("deliveriesUnread", { text: `which events were lost can't be read now: ${error.message}` });
      return;
    }
    for (const { sourceId, undelivered } of lost) {
      const { since, until } = due;
      log.warn("eventsLost", { vaultId: sourceId, ...undelivered, since, until, text: sayUndelivered(sourceId, undelivered, due) });
    }
    await keep(withRead(record, due));
  };
}

export type WatchDeliveries = ReturnType<typeof createWatchDeliveries>;
