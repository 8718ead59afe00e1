/** When something last happened that says that Keymend is well, beside what the sweep remembers: one small row each. */
import type { Signs } from "../domain/turn/well-being.ts";
import { MINUTE } from "../domain/time.ts";
import { quote } from "./tables.ts";
import type { Tables } from "./tables.ts";

type Sign = keyof Signs;

export type SignStore = {
  /** At most once a minute from one instance, for there are a thousand events a second. What can't be kept is told, and fails nothing. */
  note: (sign: Sign) => Promise<void>;
  load: () => Promise<Signs>;
};

/** No vault's name has a dot. */
const PARTITION = "the.signs";
const NAMES: Record<Sign, true> = { event: true, anchor: true, anchorFailed: true };
/** The later of the two says how the last one went: after the other each is news, however soon. */
const OTHER: Partial<Record<Sign, Sign>> = { anchor: "anchorFailed", anchorFailed: "anchor" };
const isSign = (name: string): name is Sign => name in NAMES;

export function createSignStore(tables: Tables, now: () => Date, setAside: (what: string) => void): SignStore {
  const noted = new Map<Sign, number>();
  return {
    note: async (sign) => {
      const at = now();
      if (at.getTime() - (noted.get(sign) ?? Number.NEGATIVE_INFINITY) < MINUTE) return;
      noted.set(sign, at.getTime());
      const other = OTHER[sign];
      if (other) noted.delete(other);
      try {
        await tables.use("baseline", `note the last ${sign}`, async (client) => {
          await client.upsertEntity({ partitionKey: PARTITION, rowKey: sign, at: at.toISOString() }, "Replace");
        });
      } catch (error) {
        noted.delete(sign);
        setAside(`when the last ${sign} was could not be kept: ${String(error)}`);
      }
    },

    load: () =>
      tables.use("baseline", "load the last signs of life", async (client) => {
        const signs: Signs = {};
        const rows = client.listEntities<{ at?: string }>({ queryOptions: { filter: `PartitionKey eq ${quote(PARTITION)}` } });
        for await (const { rowKey = "", at } of rows) if (isSign(rowKey) && at !== undefined) signs[rowKey] = at;
        return signs;
      }),
  };
}
