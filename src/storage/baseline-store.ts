/**
 * Last known good facts per vault, and how often each key version's expiry was extended. Kept by the vault's name, which is
 * unique in all of Azure: a vault that is gone is known by nothing else.
 */
import type { TableClient } from "@azure/data-tables";
import { normalId } from "../domain/arm-id.ts";
import type { Baseline, LiftedTag } from "../domain/facts.ts";
import { type KnownDatabase, type KnownPatient, vaultNameIn } from "../domain/databases/sight.ts";
import type { Screen } from "../domain/reads/screening.ts";
import type { RolesRecord } from "../domain/roles/lacking.ts";
import type { DeliveriesRecord } from "../domain/turn/deliveries.ts";
import type { SweepRecord } from "../domain/turn/sweep-record.ts";
import type { Unarmed } from "../domain/turn/unarmed.ts";
import { orAbsent } from "../azure/call-azure.ts";
import { hashText } from "./canonical-json.ts";
import { jsonOf, toRow } from "./rows.ts";
import { quote } from "./tables.ts";
import type { Tables } from "./tables.ts";

type PatientId = { id: string };

export type BaselineStore = {
  load: (patientId: string) => Promise<{
    baseline: Baseline | null;
    expiryExtensions: Record<string, number>;
    known: KnownDatabase[];
    lifted: LiftedTag[];
    unarmedTold?: string;
  }>;
  save: (patient: PatientId, baseline: Baseline) => Promise<void>;
  /** Every database that a look has found and none has missed since, by its patient. */
  listKnown: () => Promise<KnownPatient[]>;
  /** Writes only what has changed. after: what is known now, of what was. */
  remember: (patient: PatientId, after: (before: readonly KnownDatabase[]) => readonly KnownDatabase[]) => Promise<void>;
  /** The same tag of the same database again replaces it. */
  keepLift: (patient: PatientId, lift: LiftedTag) => Promise<void>;
  endLifts: (patient: PatientId, lifts: readonly LiftedTag[]) => Promise<void>;
  /** ARM id of a vault that was seen healthy before. */
  vaultIdOf: (vaultName: string) => Promise<string | undefined>;
  /** keyVersion: `{vault name}/{key}/{version}` in lower case. */
  countExtension: (patient: PatientId, keyVersion: string, count: number) => Promise<void>;
  /** The digest of the readiness that was told last; undefined where none was. */
  readinessTold: (patient: PatientId) => Promise<string | undefined>;
  keepReadinessTold: (patient: PatientId, digest: string) => Promise<void>;
  /** null: it is armed. */
  keepUnarmed: (patient: PatientId, unarmed: Unarmed | null) => Promise<void>;
  listUnarmed: () => Promise<Unarmed[]>;
  loadSweep: () => Promise<SweepRecord | null>;
  keepSweep: (record: SweepRecord) => Promise<void>;
  /** By patientKey; empty where nothing was screened yet, or what was kept can't be read. */
  loadScreens: () => Promise<Record<string, Screen>>;
  keepScreens: (screens: Record<string, Screen>) => Promise<void>;
  /** What Keymend's own identities lack; null where that was not looked at yet, or what was kept can't be read. */
  roles: { load: () => Promise<RolesRecord | null>; keep: (record: RolesRecord) => Promise<void> };
  /** Until when it was read what Event Grid could not deliver. */
  deliveries: { load: () => Promise<DeliveriesRecord | null>; keep: (record: DeliveriesRecord) => Promise<void> };
};

const BASELINE = "baseline";
const EXTENSION = "extension-";
const KNOWN = "known-";
const LIFTED = "lifted-";
/** `.` is the character after `-`. */
const onlyKnown = `RowKey ge ${quote(KNOWN)} and RowKey lt ${quote("known.")}`;
const READINESS = "readiness";
const UNARMED = "unarmed";
/** No vault's name has a dot. */
const OF_ALL = "the.sweep";

type Row = { rowKey: string };
type Kept = { vaultId: string | null; baseline: Baseline };
type Count = { keyVersion: string; count: number };
type Known = { patientId: string; database: KnownDatabase };

/** setAside: told of a row that can't be read, which then counts as not there: it is one vault's, and stops no other. */
export function createBaselineStore(tables: Tables, setAside: (what: string) => void): BaselineStore {
  function orAside<T>(what: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      setAside(`${what} can't be read and is set aside: ${String(error)}`);
      return undefined;
    }
  }
  const keptIn = (row: object, what: string): Kept | undefined => orAside(what, (): Kept => JSON.parse(jsonOf({ ...row }, what)));
  const knownOf = (row: object, what: string): Known | undefined => orAside(what, (): Known => JSON.parse(jsonOf({ ...row }, what)));

  const liftOf = (row: object, what: string): LiftedTag | undefined => orAside(what, (): LiftedTag => JSON.parse(jsonOf({ ...row }, what)));

  const unarmedOf = (row: object, of: string): Unarmed | undefined =>
    orAside(`that ${of} is not armed`, (): Unarmed => JSON.parse(jsonOf({ ...row }, `that ${of} is not armed`)));

  async function* knownIn(client: TableClient, filter: string): AsyncGenerator<Known & { rowKey: string; partitionKey: string }> {
    for await (const row of client.listEntities({ queryOptions: { filter } })) {
      const { partitionKey = "", rowKey = "" } = row;
      const known = knownOf(row, `what is known of ${partitionKey}`);
      if (known) yield { ...known, rowKey, partitionKey };
    }
  }

  /** One row for all vaults. */
  const rowOfAll = <T>(rowKey: string, what: string) => ({
    load: (): Promise<T | null> =>
      tables.use("baseline", `load ${what}`, async (client) => {
        const row = await orAbsent(() => client.getEntity(OF_ALL, rowKey));
        return (row && orAside(what, (): T => JSON.parse(jsonOf(row, what)))) ?? null;
      }),
    keep: (value: T): Promise<void> =>
      tables.use("baseline", `keep ${what}`, async (client) => {
        await client.upsertEntity({ partitionKey: OF_ALL, rowKey, ...toRow(value, what) }, "Replace");
      }),
  });
  const sweep = rowOfAll<SweepRecord>("sweep", "the sweep's record");
  const screens = rowOfAll<Record<string, Screen>>("screens", "what was screened");

  return {
    load: (patientId) =>
      tables.use("baseline", "load a baseline", async (client) => {
        const partition = partitionOf(patientId);
        const rows: Row[] = [];
        for await (const row of client.listEntities({ queryOptions: { filter: `PartitionKey eq ${quote(partition)}` } }))
          rows.push({ rowKey: "", ...row });
        const beginning = (prefix: string): Row[] => rows.filter(({ rowKey }) => rowKey.startsWith(prefix));
        const [kept] = beginning(BASELINE).map((row) => keptIn(row, `the baseline of ${partition}`));
        const [unarmed] = beginning(UNARMED).map((row) => unarmedOf(row, partition));
        return {
          baseline: kept?.baseline ?? null,
          expiryExtensions: Object.fromEntries(
            beginning(EXTENSION).map((row) => {
              const { keyVersion, count } = readCount(row, partition);
              return [keyVersion, count];
            }),
          ),
          known: beginning(KNOWN).flatMap((row) => knownOf(row, `what is known of ${partition}`)?.database ?? []),
          lifted: beginning(LIFTED).flatMap((row) => liftOf(row, `a lifted tag of ${partition}`) ?? []),
          ...(unarmed ? { unarmedTold: unarmed.why } : {}),
        };
      }),

    listKnown: () =>
      tables.use("baseline", "list what is known", async (client) => {
        const patients = new Map<string, KnownPatient>();
        for await (const { partitionKey, patientId, database } of knownIn(client, onlyKnown)) {
          const patient = patients.get(partitionKey) ?? { patientId, databases: [] };
          patient.databases.push(database);
          patients.set(partitionKey, patient);
        }
        return [...patients.values()];
      }),

    remember: ({ id: patientId }, after) =>
      tables.use("baseline", "remember what was seen", async (client) => {
        const partitionKey = partitionOf(patientId);
        const before = new Map<string, Known>();
        for await (const { rowKey, ...known } of knownIn(client, `PartitionKey eq ${quote(partitionKey)} and ${onlyKnown}`))
          before.set(rowKey, { patientId: known.patientId, database: known.database });
        const now = new Map(
          after([...before.values()].map(({ database }) => database)).map((database) => [rowOf(database), { patientId, database }]),
        );
        for (const [rowKey, known] of now) {
          if (JSON.stringify(before.get(rowKey)) === JSON.stringify(known)) continue;
          const row = toRow(known satisfies Known, `what is known of ${known.database.id}`);
          await client.upsertEntity({ partitionKey, rowKey, ...row }, "Replace");
        }
        for (const rowKey of before.keys()) if (!now.has(rowKey)) await orAbsent(() => client.deleteEntity(partitionKey, rowKey));
      }),

    save: ({ id }, baseline) =>
      tables.use("baseline", "save a baseline", async (client) => {
        const kept: Kept = { vaultId: id.startsWith("/") ? id : null, baseline };
        const key = { partitionKey: partitionOf(id), rowKey: BASELINE };
        await client.upsertEntity({ ...key, at: baseline.at, ...toRow(kept, `the baseline of ${id}`) }, "Replace");
      }),

    keepLift: ({ id }, lift) =>
      tables.use("baseline", "keep a lifted tag", async (client) => {
        const key = { partitionKey: partitionOf(id), rowKey: liftRow(lift) };
        await client.upsertEntity({ ...key, ...toRow(lift, `a lifted tag of ${id}`) }, "Replace");
      }),

    endLifts: ({ id }, lifts) =>
      tables.use("baseline", "end a lifted tag", async (client) => {
        for (const lift of lifts) await orAbsent(() => client.deleteEntity(partitionOf(id), liftRow(lift)));
      }),

    vaultIdOf: (vaultName) =>
      tables.use("baseline", "look up a vault", async (client) => {
        const row = await orAbsent(() => client.getEntity(vaultName.toLowerCase(), BASELINE));
        return (row && keptIn(row, `the baseline of ${vaultName}`)?.vaultId) ?? undefined;
      }),

    countExtension: ({ id }, keyVersion, count) =>
      tables.use("baseline", "count an extension", async (client) => {
        const key = { partitionKey: partitionOf(id), rowKey: `${EXTENSION}${hashText(keyVersion)}` };
        await client.upsertEntity(
          { ...key, ...toRow({ keyVersion, count } satisfies Count, `the extension count of ${keyVersion}`) },
          "Replace",
        );
      }),

    readinessTold: ({ id }) =>
      tables.use("baseline", "look up what was told", async (client) => {
        const row = await orAbsent(() => client.getEntity<{ digest?: string }>(partitionOf(id), READINESS));
        return row?.digest;
      }),

    keepReadinessTold: ({ id }, digest) =>
      tables.use("baseline", "keep what was told", async (client) => {
        await client.upsertEntity({ partitionKey: partitionOf(id), rowKey: READINESS, digest }, "Replace");
      }),

    keepUnarmed: ({ id }, unarmed) =>
      tables.use("baseline", "keep that a vault is not armed", async (client) => {
        const key = { partitionKey: partitionOf(id), rowKey: UNARMED };
        if (unarmed) await client.upsertEntity({ ...key, ...toRow(unarmed, `that ${id} is not armed`) }, "Replace");
        else await orAbsent(() => client.deleteEntity(key.partitionKey, key.rowKey));
      }),

    listUnarmed: () =>
      tables.use("baseline", "list what is not armed", async (client) => {
        const all: Unarmed[] = [];
        for await (const row of client.listEntities({ queryOptions: { filter: `RowKey eq ${quote(UNARMED)}` } }))
          all.push(...[unarmedOf(row, row.partitionKey ?? "") ?? []].flat());
        return all;
      }),

    loadSweep: sweep.load,
    keepSweep: sweep.keep,
    loadScreens: async () => (await screens.load()) ?? {},
    keepScreens: screens.keep,
    roles: rowOfAll<RolesRecord>("roles", "what Keymend's identities lack"),
    deliveries: rowOfAll<DeliveriesRecord>("deliveries", "until when lost events were read"),
  };
}

const liftRow = ({ targetId, tag }: LiftedTag): string => `${LIFTED}${hashText(`${normalId(targetId)} ${tag}`)}`;

const rowOf = ({ id }: KnownDatabase): string => `${KNOWN}${hashText(normalId(id))}`;

function readCount(row: object, of: string): Count {
  const count: Count = JSON.parse(jsonOf({ ...row }, `an extension count of ${of}`));
  return count;
}

/** A vault's name; a database of its own is known by its id, which is no key of a table. */
const partitionOf = (patientId: string): string => vaultNameIn(patientId) ?? hashText(normalId(patientId));
