/**
 * Incidents: one row each, the partition is the patient, the newest comes first. A save that would overwrite what someone
 * else has written meanwhile fails as a TransientError: look again, then decide again.
 */
import type { TableClient } from "@azure/data-tables";
import * as v from "valibot";
import { patientKey } from "../domain/databases/sight.ts";
import { orAbsent } from "../azure/call-azure.ts";
import { hashText } from "./canonical-json.ts";
import { jsonOf, toRow } from "./rows.ts";
import { quote } from "./tables.ts";
import type { Tables } from "./tables.ts";

type Storable = {
  id: string;
  vaultId: string;
  state: string;
  openedAt: string;
  closedAt?: string | null;
  outcome?: string | null;
  progress?: { lookedAt?: string };
};

export type Page<T> = { value: T[]; continuation: string | undefined };

/** lookedAt: ISO 8601 UTC. */
export type OpenIncident = { id: string; vaultId: string; lookedAt?: string };

export type IncidentStore<T extends Storable> = {
  load: (patientId: string, incidentId: string) => Promise<{ incident: T; etag: string } | undefined>;
  /** The newest of this patient, open or closed. */
  latest: (patientId: string) => Promise<{ incident: T; etag: string } | undefined>;
  /** By its id alone: reads the row keys of the whole table. */
  find: (incidentId: string) => Promise<T | undefined>;
  /** Newest first, over all patients. */
  list: (query: { state?: string; vaultId?: string; top: number; continuation?: string }) => Promise<Page<T>>;
  /** lookedAt: when its vault was looked at last, as far as that is kept. */
  listOpen: () => Promise<OpenIncident[]>;
  /** etag: what it was loaded with; undefined for a new one. */
  save: (incident: T, etag: string | undefined) => Promise<void>;
  /** Whose incident is open, or was closed since then and found something. */
  listTroubled: (since: string) => Promise<string[]>;
};

const INCIDENT = "incident-";
/** Rows that can't be read, before a vault counts as one without a past. */
const ODD_IN_A_ROW = 5;

const partitionOf = (patientId: string): string => `${INCIDENT}${hashText(patientKey(patientId))}`;

/** What every version has written, and the rest of this program goes by. */
const storable = v.object({ id: v.string(), vaultId: v.string(), state: v.string(), openedAt: v.string() });

/** Ids sort by time. With each digit turned around they sort the other way, and the newest row of a partition is the first. */
const rowOf = (incidentId: string): string => incidentId.replace(/\d/g, (digit) => String(9 - Number(digit)));

/**
 * setAside: told of a row that can't be read, which then counts as not there: it is one incident's, and stops no other. saved: hears of each,
 * once it is kept.
 */
export function createIncidentStore<T extends Storable>(
  tables: Tables,
  setAside: (what: string) => void,
  saved: (incident: T) => void = () => undefined,
): IncidentStore<T> {
  const read = async (client: TableClient, partition: string, row: string): Promise<{ incident: T; etag: string } | undefined> => {
    const entity = await orAbsent(() => client.getEntity(partition, row));
    if (entity === undefined) return undefined;
    const what = `incident ${rowOf(row)}`;
    try {
      const incident: T = JSON.parse(jsonOf(entity, what));
      v.assert(storable, incident);
      return { incident, etag: entity.etag };
    } catch (error) {
      setAside(`${what} of ${partition} can't be read and is set aside: ${String(error)}`);
      return undefined;
    }
  };

  return {
    load: (patientId, incidentId) =>
      tables.use("incidents", "load an incident", (client) => read(client, partitionOf(patientId), rowOf(incidentId))),

    latest: (patientId) =>
      tables.use("incidents", "load the latest incident", async (client) => {
        const filter = `PartitionKey eq ${quote(partitionOf(patientId))}`;
        for (let after = "", tries = 0; tries < ODD_IN_A_ROW; tries++) {
          const [newest] = await listKeys(client, `${filter} and RowKey gt ${quote(after)}`, 1);
          const found = newest && (await read(client, newest.partition, newest.row));
          if (found || !newest) return found;
          after = newest.row;
        }
        return undefined;
      }),

    find: (incidentId) =>
      tables.use("incidents", "find an incident", async (client) => {
        const [found] = await listKeys(client, `${onlyIncidents} and RowKey eq ${quote(rowOf(incidentId))}`);
        return found && (await read(client, found.partition, found.row))?.incident;
      }),

    list: ({ state, vaultId, top, continuation }) =>
      tables.use("incidents", "list incidents", async (client) => {
        const filters = [
          vaultId === undefined ? onlyIncidents : `PartitionKey eq ${quote(partitionOf(vaultId))}`,
          ...(state === undefined ? [] : [`state eq ${quote(state)}`]),
          ...(continuation === undefined ? [] : [`RowKey gt ${quote(continuation)}`]),
        ];
        // Tables sort by partition first: keys of all, sorted here, then whole rows only for what is shown.
        const keys = (await listKeys(client, filters.join(" and "))).toSorted((a, b) => (a.row < b.row ? -1 : 1));
        const shown = keys.slice(0, top);
        const loaded = await Promise.all(shown.map((key) => read(client, key.partition, key.row)));
        return {
          value: loaded.flatMap((found) => (found === undefined ? [] : [found.incident])),
          continuation: keys.length > top ? shown.at(-1)?.row : undefined,
        };
      }),

    listOpen: () =>
      tables.use("incidents", "list open incidents", async (client) => {
        const open: OpenIncident[] = [];
        const queryOptions = { filter: `${onlyIncidents} and state ne 'closed'`, select: ["RowKey", "vaultId", "lookedAt"] };
        for await (const { rowKey = "", vaultId, lookedAt } of client.listEntities<Partial<OpenIncident>>({ queryOptions }))
          if (vaultId !== undefined) open.push({ id: rowOf(rowKey), vaultId, ...(lookedAt && { lookedAt }) });
        return open;
      }),

    save: async (incident, etag) => {
      await tables.use("incidents", "save an incident", async (client) => {
        const { id, vaultId, state, openedAt, closedAt, outcome } = incident;
        const key = { partitionKey: partitionOf(vaultId), rowKey: rowOf(id) };
        const ending = { closedAt: closedAt ?? "", outcome: outcome ?? "", lookedAt: incident.progress?.lookedAt ?? "" };
        const entity = { ...key, state, openedAt, vaultId, ...ending, ...toRow(incident, `incident ${id}`) };
        if (etag === undefined) await client.createEntity(entity);
        else await client.updateEntity(entity, "Replace", { etag });
      });
      saved(incident);
    },

    listTroubled: (since) =>
      tables.use("incidents", "list vaults in trouble", async (client) => {
        const ended = `closedAt ge ${quote(since)} and outcome ne 'NoChangeNeeded'`;
        const filter = `${onlyIncidents} and (state ne 'closed' or (${ended}))`;
        const ids = new Set<string>();
        for await (const { vaultId } of client.listEntities<{ vaultId?: string }>({ queryOptions: { filter, select: ["vaultId"] } }))
          if (vaultId !== undefined) ids.add(vaultId);
        return [...ids];
      }),
  };
}

/** `.` is the character after `-`. */
const onlyIncidents = `PartitionKey ge ${quote(INCIDENT)} and PartitionKey lt ${quote(`${INCIDENT.slice(0, -1)}.`)}`;

async function listKeys(client: TableClient, filter: string, top = Infinity): Promise<{ partition: string; row: string }[]> {
  const keys: { partition: string; row: string }[] = [];
  const entities = client.listEntities({ queryOptions: { filter, select: ["PartitionKey", "RowKey"] } });
  for await (const { partitionKey = "", rowKey = "" } of entities) {
    keys.push({ partition: partitionKey, row: rowKey });
    if (keys.length >= top) break;
  }
  return keys;
}
