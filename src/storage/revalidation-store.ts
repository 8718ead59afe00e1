/** How long the service took to notice, by place: one row each in the baseline's table, in a partition of its own; bounded. */
import { classifyError } from "../azure/classify-error.ts";
import { isNew, orAbsent } from "../azure/call-azure.ts";
import { type Sample, withSample } from "../domain/turn/revalidation.ts";
import { hashText } from "./canonical-json.ts";
import { jsonOf, toRow } from "./rows.ts";
import type { Tables } from "./tables.ts";

export type RevalidationStore = {
  load: (place: string) => Promise<readonly Sample[]>;
  /** The same sample twice is one. */
  add: (place: string, sample: Sample) => Promise<void>;
};

/** No vault's name has a dot. */
const PARTITION = "the.history";
/** Two vaults that recover at once write one row: one of them goes again. */
const TRIES = 5;

type Kept = { place: string; samples: readonly Sample[] };

/** setAside: told of a row that can't be read, which then counts as empty: what it says decides on no write. */
export function createRevalidationStore(tables: Tables, setAside: (what: string) => void): RevalidationStore {
  const readRow = (row: Record<string, unknown>, place: string): readonly Sample[] => {
    try {
      const kept: Kept = JSON.parse(jsonOf(row, "a history"));
      return kept.samples;
    } catch (error) {
      setAside(`how long the service took (${place}) can't be read and is set aside: ${String(error)}`);
      return [];
    }
  };
  const keyOf = (place: string) => ({ partitionKey: PARTITION, rowKey: hashText(place) });
  const rowOf = (place: string, samples: readonly Sample[]) => ({
    ...keyOf(place),
    ...toRow({ place, samples } satisfies Kept, `how long the service took (${place})`),
  });
  return {
    load: (place) =>
      tables.use("baseline", "look up how long the service took", async (client) => {
        const row = await orAbsent(() => client.getEntity(PARTITION, keyOf(place).rowKey));
        return row ? readRow(row, place) : [];
      }),
    add: (place, sample) =>
      tables.use("baseline", "keep how long the service took", async (client) => {
        for (let tries = 1; ; tries++) {
          const row = await orAbsent(() => client.getEntity(PARTITION, keyOf(place).rowKey));
          if (row === undefined) {
            if (await isNew(() => client.createEntity(rowOf(place, [sample])))) return;
            continue;
          }
          try {
            await client.updateEntity(rowOf(place, withSample(readRow(row, place), sample)), "Replace", { etag: row.etag });
            return;
          } catch (error) {
            if (tries === TRIES || classifyError(error).kind !== "preconditionFailed") throw error;
          }
        }
      }),
  };
}
