/**
 * Signals and decisions, written down before anyone is woken and read again at each turn: a lost wake-up costs time, never
 * what was said. They lie in the incidents' table, in partitions of their own.
 */
import type { TableClient, TransactionAction } from "@azure/data-tables";
import { isNew, orAbsent } from "../azure/call-azure.ts";
import { patientKey } from "../domain/databases/sight.ts";
import { cutText, fit, LONGEST_LABEL } from "../domain/bounded.ts";
import { toIso, toMs } from "../domain/time.ts";
import { hashText } from "./canonical-json.ts";
import { FORGOTTEN_AT_ONCE, TOLD_FOR_MS } from "./letter-store.ts";
import { jsonOf, toRow } from "./rows.ts";
import { quote } from "./tables.ts";
import type { Tables } from "./tables.ts";

type Item = { id: string; at: string };

export type Mailbox<S extends Item, D extends Item & { incidentId: string }> = {
  /** The same signal twice is one. */
  addSignal: (patientId: string, signal: S) => Promise<void>;
  /** Oldest first. */
  listSignals: (patientId: string) => Promise<S[]>;
  /** Whether signals wait for a patient, as it is now. */
  listWaiting: () => Promise<(patientId: string) => boolean>;
  dropSignals: (patientId: string, signalIds: readonly string[]) => Promise<void>;
  /**
   * Moves what waits out of the way, as it lies there, unread: nothing of it may be what a look fails at. How many. A part after the other:
   * 20,000 take longer than some activity lives, and what is moved stays moved.
   */
  setAside: (patientId: string) => Promise<number>;
  /** Forgets what was set aside as long ago as what was told is kept. */
  forgetAside: (now: string) => Promise<void>;
  addDecision: (decision: D) => Promise<void>;
  /** Oldest first. */
  listDecisions: (incidentId: string) => Promise<D[]>;
  /** Whether it was the first to claim this step in this turn: what is claimed once is claimed for good. */
  claim: (claim: Claim) => Promise<boolean>;
  listClaims: (incidentId: string) => Promise<Claim[]>;
};

type Claim = { incidentId: string; stepId: string; turn: number };

/** learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions */
const DROPS_AT_ONCE = 100;
/** Together within the 4 MB of a transaction, however long each message is. */
const MOVES_AT_ONCE = 50;

type MovedRow = Record<string, unknown> & { rowKey: string };

/** Of one message: an event may have 1 MB, and says no more than where to look and who was there. */
const LONGEST_MESSAGE = 30_000;

/** The same message gives the same, its id included: by that it is known. */
function bounded(item: Item): Item & Record<string, unknown> {
  const kept = fit(item, LONGEST_MESSAGE, hashText);
  const members = typeof kept === "object" && kept !== null ? kept : {};
  return { ...members, id: cutText(item.id, LONGEST_LABEL, hashText), at: cutText(item.at, LONGEST_LABEL, hashText) };
}

const signals = (patientId: string): string => `signal-${hashText(patientKey(patientId))}`;
const aside = (patientId: string): string => `aside-${hashText(patientKey(patientId))}`;
const decisions = (incidentId: string): string => `decision-${incidentId}`;
const claims = (incidentId: string): string => `claim-${incidentId}`;
/** Event ids may hold what keys may not. */
const rowOf = (id: string): string => hashText(id);

export function createMailbox<S extends Item, D extends Item & { incidentId: string }>(tables: Tables): Mailbox<S, D> {
  const add = (partitionKey: string, item: Item): Promise<void> =>
    tables.use("incidents", "keep a message", async (client) => {
      await client.upsertEntity({ partitionKey, rowKey: rowOf(item.id), ...toRow(item, `message ${item.id}`) }, "Replace");
    });
  const list = <T>(partition: string): Promise<T[]> =>
    tables.use("incidents", "list messages", async (client) => {
      const items: T[] = [];
      for await (const entity of client.listEntities({ queryOptions: { filter: `PartitionKey eq ${quote(partition)}` } })) {
        const item: T = JSON.parse(jsonOf(entity, `a message of ${partition}`));
        items.push(item);
      }
      return items;
    });
  const listByTime = async <T extends Item>(partition: string): Promise<T[]> =>
    (await list<T>(partition)).toSorted((a, b) => (a.at < b.at ? -1 : 1));
  /** All at once; where one of them is gone already, which refuses them all, one by one. */
  async function drop(client: TableClient, partitionKey: string, rowKeys: readonly string[]): Promise<void> {
    const dropped = await orAbsent(() =>
      client.submitTransaction(rowKeys.map((rowKey) => ["delete", { partitionKey, rowKey }] satisfies TransactionAction)),
    );
    if (dropped === undefined) await Promise.all(rowKeys.map((rowKey) => orAbsent(() => client.deleteEntity(partitionKey, rowKey))));
  }

  return {
    addSignal: (patientId, signal) => add(signals(patientId), bounded(signal)),
    listSignals: (patientId) => listByTime<S>(signals(patientId)),
    listWaiting: () =>
      tables.use("incidents", "list who is told of", async (client) => {
        const partitions = new Set<string>();
        const filter = `PartitionKey ge 'signal-' and PartitionKey lt 'signal.'`;
        for await (const { partitionKey = "" } of client.listEntities({ queryOptions: { filter, select: ["PartitionKey"] } }))
          partitions.add(partitionKey);
        return (patientId) => partitions.has(signals(patientId));
      }),
    dropSignals: (patientId, ids) =>
      tables.use("incidents", "drop messages", async (client) => {
        for (let start = 0; start < ids.length; start += DROPS_AT_ONCE) {
          await drop(client, signals(patientId), [...new Set(ids.slice(start, start + DROPS_AT_ONCE).map(rowOf))]);
        }
      }),
    setAside: (patientId) =>
      tables.use("incidents", "set messages aside", async (client) => {
        let moved = 0;
        let rows: MovedRow[] = [];
        const move = async (): Promise<void> => {
          const partitionKey = aside(patientId);
          await client.submitTransaction(rows.map((row) => ["upsert", { ...row, partitionKey }, "Replace"] satisfies TransactionAction));
          await drop(
            client,
            signals(patientId),
            rows.map(({ rowKey }) => rowKey),
          );
          moved += rows.length;
          rows = [];
        };
        for await (const row of client.listEntities({ queryOptions: { filter: `PartitionKey eq ${quote(signals(patientId))}` } })) {
          const { etag: _, timestamp: __, partitionKey: ___, rowKey = "", ...kept } = row;
          rows.push({ ...kept, rowKey });
          if (rows.length === MOVES_AT_ONCE) await move();
        }
        if (rows.length > 0) await move();
        return moved;
      }),
    forgetAside: (now) =>
      tables.use("incidents", "forget what was set aside", async (client) => {
        const before = toIso(toMs(now) - TOLD_FOR_MS);
        const filter = `PartitionKey ge 'aside-' and PartitionKey lt 'aside.'`;
        let forgotten = 0;
        for await (const { partitionKey = "", rowKey = "", timestamp = "" } of client.listEntities({ queryOptions: { filter } })) {
          if (timestamp >= before) continue;
          await orAbsent(() => client.deleteEntity(partitionKey, rowKey));
          forgotten += 1;
          if (forgotten === FORGOTTEN_AT_ONCE) return;
        }
      }),
    addDecision: (decision) => add(decisions(decision.incidentId), decision),
    listDecisions: (incidentId) => listByTime<D>(decisions(incidentId)),
    claim: (claim) =>
      tables.use("incidents", "claim a step", async (client) => {
        const { incidentId, stepId, turn } = claim;
        const key = { partitionKey: claims(incidentId), rowKey: hashText(`${turn} ${stepId}`) };
        return isNew(() => client.createEntity({ ...key, ...toRow(claim, `claim of ${stepId}`) }));
      }),
    listClaims: (incidentId) => list<Claim>(claims(incidentId)),
  };
}
