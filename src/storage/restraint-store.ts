/** What keeps Keymend from writing, kept in the baseline's table in a partition of its own: one query reads all of it. */
import { orAbsent } from "../azure/call-azure.ts";
import type { Pause, Restraint, RestraintSeal } from "../domain/turn/restraint.ts";
import { jsonOf, toRow } from "./rows.ts";
import { quote } from "./tables.ts";
import type { Tables } from "./tables.ts";

export type RestraintStore = {
  /** A row that can't be read is thrown: what may forbid a write is not passed over. */
  load: () => Promise<Restraint>;
  /** The newest counts. */
  keepPause: (pause: Pause) => Promise<void>;
  endPause: () => Promise<void>;
  /** How far the audit about pauses went when it was last written. */
  loadSeal: () => Promise<RestraintSeal | undefined>;
  keepSeal: (seal: RestraintSeal) => Promise<void>;
};

/** No vault's name has a dot. */
const PARTITION = "the.restraint";
const PAUSE = "pause";
const SEAL = "audit";

export function createRestraintStore(tables: Tables): RestraintStore {
  const keep = (rowKey: string, value: unknown, what: string): Promise<void> =>
    tables.use("baseline", `keep ${what}`, async (client) => {
      await client.upsertEntity({ partitionKey: PARTITION, rowKey, ...toRow(value, what) }, "Replace");
    });
  return {
    load: () =>
      tables.use("baseline", "look whether writing is paused", async (client) => {
        let pause: Pause | null = null;
        for await (const row of client.listEntities({ queryOptions: { filter: `PartitionKey eq ${quote(PARTITION)}` } }))
          if (row.rowKey === PAUSE) pause = JSON.parse(jsonOf(row, "the pause"));
        return { pause };
      }),
    keepPause: (pause) => keep(PAUSE, pause, "the pause"),
    endPause: () =>
      tables.use("baseline", "end the pause", async (client) => {
        await orAbsent(() => client.deleteEntity(PARTITION, PAUSE));
      }),
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
