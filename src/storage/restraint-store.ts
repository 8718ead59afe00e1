/** What keeps Keymend from writing, kept in the baseline's table in a partition of its own: one query reads all of it. */
import { patientKey } from "../domain/databases/sight.ts";
import { isNew, orAbsent } from "../azure/call-azure.ts";
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

const rowOf = (vaultId: string): string => `${TROUBLE}${hashText(patientKey(vaultId))}`;

const nothing = (): Restraint => ({ pause: null, troubles: [], resumedAt: null, stormTold: false });

type Row = Record<string, unknown> & { rowKey?: string };

function take(kept: Restraint, row: Row): void {
  const json = (): string => jsonOf(row, "what keeps Keymend from writing");
  if (row.rowKey === PAUSE) kept.pause = JSON.parse(json());
  else if (row.rowKey === RESUMED) kept.resumedAt = JSON.parse(json());
  else if (row.rowKey === STORM) kept.stormTold = JSON.parse(json());
  else if (row.rowKey?.startsWith(TROUBLE)) {
    const trouble: Trouble = JSON.parse(json());
    kept.troubles.push(trouble);
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
