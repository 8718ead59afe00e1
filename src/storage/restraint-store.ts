/** What keeps Keymend from writing, kept in the baseline's table in a partition of its own: one query reads all of it. */
import { patientKey } from "../domain/databases/sight.ts";
import type { TableClient } from "@azure/data-tables";
import { isNew, orAbsent } from "../azure/call-azure.ts";
import { classifyError } from "../azure/classify-error.ts";
import type { Settings } from "../domain/settings.ts";
import { type AtWork, placeFor } from "../domain/turn/at-work.ts";
import type { Pause, Restraint, RestraintSeal, Trouble } from "../domain/turn/restraint.ts";
import { digestOf, hashText } from "./canonical-json.ts";
import { jsonOf, toRow } from "./rows.ts";
import { quote } from "./tables.ts";
import type { Tables } from "./tables.ts";

export type RestraintStore = {
  /** A row that can't be read is thrown: what may forbid a write is not passed over. */
  load: () => Promise<Restraint>;
  /** The newest counts. */
  keepPause: (pause: Pause) => Promise<void>;
  /** Of this pause and no other: one that somebody began meanwhile stays. */
  endPause: (pause: Pause) => Promise<void>;
  /** Since when a vault is in trouble stays what it was. */
  addTrouble: (trouble: Trouble) => Promise<void>;
  endTrouble: (vaultId: string) => Promise<void>;
  keepResumed: (at: string) => Promise<void>;
  keepStormTold: (told: boolean) => Promise<void>;
  /** One of the places that the vaults have which are written to at once; false where there is none now. Two never get the same. */
  takePlace: (vaultId: string, limit: Pick<Settings, "maxVaultsAtOnce">, now: string) => Promise<boolean>;
  leavePlace: (vaultId: string) => Promise<void>;
  /** How far the audit about pauses went when it was last written. */
  loadSeal: () => Promise<RestraintSeal | undefined>;
  keepSeal: (seal: RestraintSeal) => Promise<void>;
};

/** No vault's name has a dot. */
const PARTITION = "the.restraint";
const PAUSE = "pause";
const SEAL = "audit";
const RESUMED = "resumed";
const STORM = "storm-told";
const TROUBLE = "trouble-";
const PLACE = "place-";

const rowOf = (vaultId: string): string => `${TROUBLE}${hashText(patientKey(vaultId))}`;

const nothing = (): Restraint => ({ pause: null, troubles: [], atWork: [], resumedAt: null, stormTold: false });

type Row = Record<string, unknown> & { rowKey?: string };

function take(kept: Restraint, row: Row): void {
  const json = (): string => jsonOf(row, "what keeps Keymend from writing");
  if (row.rowKey === PAUSE) kept.pause = JSON.parse(json());
  else if (row.rowKey === RESUMED) kept.resumedAt = JSON.parse(json());
  else if (row.rowKey === STORM) kept.stormTold = JSON.parse(json());
  else if (row.rowKey?.startsWith(PLACE)) {
    const atWork: AtWork = JSON.parse(json());
    kept.atWork.push(atWork);
  } else if (row.rowKey?.startsWith(TROUBLE)) {
    const trouble: Trouble = JSON.parse(json());
    kept.troubles.push(trouble);
  }
}

type Held = { atWork: AtWork; etag: string };

async function places(client: TableClient): Promise<Held[]> {
  const filter = `PartitionKey eq ${quote(PARTITION)} and RowKey ge ${quote(PLACE)} and RowKey lt ${quote(`${PLACE}~`)}`;
  const held: Held[] = [];
  for await (const row of client.listEntities({ queryOptions: { filter } }))
    held.push({ atWork: JSON.parse(jsonOf(row, "a place")), etag: row.etag });
  return held;
}

/** False where somebody else has changed it since, or taken it away. */
async function isStill(change: () => Promise<unknown>): Promise<boolean> {
  try {
    await change();
    return true;
  } catch (error) {
    const { kind } = classifyError(error);
    if (kind === "preconditionFailed" || kind === "notFound") return false;
    throw error;
  }
}

export function createRestraintStore(tables: Tables): RestraintStore {
  const keep = (rowKey: string, value: unknown, what: string): Promise<void> =>
    tables.use("baseline", `keep ${what}`, async (client) => {
      await client.upsertEntity({ partitionKey: PARTITION, rowKey, ...toRow(value, what) }, "Replace");
    });
  return {
    load: () =>
      tables.use("baseline", "look whether writing is paused", async (client) => {
        const kept = nothing();
        for await (const row of client.listEntities({ queryOptions: { filter: `PartitionKey eq ${quote(PARTITION)}` } })) take(kept, row);
        return kept;
      }),
    keepPause: (pause) => keep(PAUSE, pause, "the pause"),
    endPause: (pause) =>
      tables.use("baseline", "end the pause", async (client) => {
        const row = await orAbsent(() => client.getEntity(PARTITION, PAUSE));
        if (row === undefined || digestOf(JSON.parse(jsonOf(row, "the pause"))) !== digestOf(pause)) return;
        await orAbsent(() => client.deleteEntity(PARTITION, PAUSE, { etag: row.etag }));
      }),
    addTrouble: (trouble) =>
      tables.use("baseline", "keep that a vault is in trouble", async (client) => {
        const key = { partitionKey: PARTITION, rowKey: rowOf(trouble.vaultId) };
        await isNew(() => client.createEntity({ ...key, ...toRow(trouble, `the trouble of ${trouble.vaultId}`) }));
      }),
    endTrouble: (vaultId) =>
      tables.use("baseline", "forget a vault's trouble", async (client) => {
        await orAbsent(() => client.deleteEntity(PARTITION, rowOf(vaultId)));
      }),
    takePlace: (vaultId, limit, now) =>
      tables.use("baseline", "take a place among the vaults that are written to", async (client) => {
        // Who finds that another was quicker looks again; each time one more has a place.
        for (;;) {
          const held = await places(client);
          const place = placeFor(
            held.map(({ atWork }) => atWork),
            vaultId,
            limit,
            now,
          );
          if (place === undefined) return false;
          const row = { partitionKey: PARTITION, rowKey: `${PLACE}${place}`, ...toRow({ place, vaultId, at: now }, "a place") };
          const before = held.find(({ atWork }) => atWork.place === place);
          const isTaken = before
            ? await isStill(() => client.updateEntity(row, "Replace", { etag: before.etag }))
            : await isNew(() => client.createEntity(row));
          if (isTaken) return true;
        }
      }),
    leavePlace: (vaultId) =>
      tables.use("baseline", "leave the place among the vaults that are written to", async (client) => {
        const own = (await places(client)).filter(({ atWork }) => patientKey(atWork.vaultId) === patientKey(vaultId));
        for (const { atWork, etag } of own) await isStill(() => client.deleteEntity(PARTITION, `${PLACE}${atWork.place}`, { etag }));
      }),
    keepResumed: (at) => keep(RESUMED, at, "when writing was resumed"),
    keepStormTold: (told) => keep(STORM, told, "whether a storm was told"),
    loadSeal: () =>
      tables.use("baseline", "look up the audit of pauses", async (client) => {
        const row = await orAbsent(() => client.getEntity(PARTITION, SEAL));
        if (row === undefined) return undefined;
        const seal: RestraintSeal = JSON.parse(jsonOf(row, "the audit of pauses"));
        return seal;
      }),
    keepSeal: (seal) => keep(SEAL, seal, "the audit of pauses"),
  };
}
