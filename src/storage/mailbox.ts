/**
 * Signals and decisions, written down before anyone is woken and read again at each turn: a lost wake-up costs time, never
 * what was said. They lie in the incidents' table, in partitions of their own.
 */
import type { TableClient } from "@azure/data-tables";
import { normalId } from "../domain/arm-id.ts";
import { orAbsent } from "../azure/call-azure.ts";
import { hashText } from "./canonical-json.ts";
import { jsonOf, toRow } from "./rows.ts";
import { quote } from "./tables.ts";
import type { Tables } from "./tables.ts";

type Item = { id: string; at: string };

export type Mailbox<S extends Item, D extends Item & { incidentId: string }> = {
  /** The same signal twice is one. */
  addSignal: (patientId: string, signal: S) => Promise<void>;
  /** Oldest first. */
  listSignals: (patientId: string) => Promise<S[]>;
  dropSignals: (patientId: string, signalIds: readonly string[]) => Promise<void>;
  addDecision: (decision: D) => Promise<void>;
  /** Oldest first. */
  listDecisions: (incidentId: string) => Promise<D[]>;
};

const DROPS_AT_ONCE = 50;

const signals = (patientId: string): string => `signal-${hashText(normalId(patientId))}`;
const decisions = (incidentId: string): string => `decision-${incidentId}`;
/** Event ids may hold what keys may not. */
const rowOf = (id: string): string => hashText(id);

export function createMailbox<S extends Item, D extends Item & { incidentId: string }>(tables: Tables): Mailbox<S, D> {
  const add = (partitionKey: string, item: Item): Promise<void> =>
    tables.use("incidents", "keep a message", async (client) => {
      await client.upsertEntity({ partitionKey, rowKey: rowOf(item.id), ...toRow(item, `message ${item.id}`) }, "Replace");
    });
  const list = <T extends Item>(partition: string): Promise<T[]> =>
    tables.use("incidents", "list messages", async (client) => {
      const items: T[] = [];
      for await (const entity of client.listEntities({ queryOptions: { filter: `PartitionKey eq ${quote(partition)}` } })) {
        const item: T = JSON.parse(jsonOf(entity, `a message of ${partition}`));
        items.push(item);
      }
      return items.toSorted((a, b) => (a.at < b.at ? -1 : 1));
    });
  const drop = (client: TableClient, partition: string, id: string) => orAbsent(() => client.deleteEntity(partition, rowOf(id)));

  return {
    addSignal: (patientId, signal) => add(signals(patientId), signal),
    listSignals: (patientId) => list<S>(signals(patientId)),
    dropSignals: (patientId, ids) =>
      tables.use("incidents", "drop messages", async (client) => {
        for (let start = 0; start < ids.length; start += DROPS_AT_ONCE) {
          await Promise.all(ids.slice(start, start + DROPS_AT_ONCE).map((id) => drop(client, signals(patientId), id)));
        }
      }),
    addDecision: (decision) => add(decisions(decision.incidentId), decision),
    listDecisions: (incidentId) => list<D>(decisions(incidentId)),
  };
}
