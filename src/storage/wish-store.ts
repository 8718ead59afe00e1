/**
 * Wishes: two rows each, in partitions of their own in the incidents' table. What somebody wants is written by the API alone, what came of
 * it by looks alone, so that neither writes over the other. Nothing is ever deleted.
 */
import type { TableClient } from "@azure/data-tables";
import { patientKey } from "../domain/databases/sight.ts";
import { concernsLooks, isOpen, type Wish, type WishOnRecord, type WishStatus } from "../domain/wish.ts";
import { hashText } from "./canonical-json.ts";
import { jsonOf, toRow } from "./rows.ts";
import { quote } from "./tables.ts";
import type { Tables } from "./tables.ts";

export type WishStore = {
  /** A wish, anew or with that it was called off. */
  keep: (wish: Wish) => Promise<void>;
  keepStatus: (patientId: string, wishId: string, status: WishStatus) => Promise<void>;
  /** What a look at this patient must know of, oldest first. */
  listForLook: (patientId: string) => Promise<WishOnRecord[]>;
  find: (wishId: string) => Promise<WishOnRecord | undefined>;
  /** Newest first, over all patients. */
  list: () => Promise<WishOnRecord[]>;
  /** Each patient of which something is wanted that has not come to an end. */
  listWanted: () => Promise<Wish["patient"][]>;
};

const PREFIX = "wish-";
const WANTED = "wanted-";
const STATUS = "status-";

const partitionOf = (patientId: string): string => `${PREFIX}${hashText(patientKey(patientId))}`;
/** `.` is the character after `-`. */
const onlyWishes = `PartitionKey ge ${quote(PREFIX)} and PartitionKey lt ${quote(`${PREFIX.slice(0, -1)}.`)}`;

const byTime = (a: Wish, b: Wish): number => (a.id < b.id ? -1 : 1);

/** setAside: told of a row that can't be read. A wish that can't be read is not guessed at. */
export function createWishStore(tables: Tables, setAside: (what: string) => void): WishStore {
  /** The row's own value, as this program wrote it. */
  function orAside<T>(what: string, parse: () => T): T | undefined {
    try {
      return parse();
    } catch (error) {
      setAside(`${what} can't be read and is set aside: ${String(error)}`);
      return undefined;
    }
  }
  const wishIn = (row: object, what: string): Wish | undefined => orAside(what, (): Wish => JSON.parse(jsonOf({ ...row }, what)));
  const statusIn = (row: object, what: string): WishStatus | undefined =>
    orAside(what, (): WishStatus => JSON.parse(jsonOf({ ...row }, what)));

  async function read(client: TableClient, filter: string): Promise<WishOnRecord[]> {
    const wanted: Wish[] = [];
    const statuses = new Map<string, WishStatus>();
    for await (const row of client.listEntities({ queryOptions: { filter } })) {
      const { rowKey = "" } = row;
      const what = `wish ${rowKey}`;
      if (rowKey.startsWith(WANTED)) wanted.push(...[wishIn(row, what) ?? []].flat());
      const status = rowKey.startsWith(STATUS) ? statusIn(row, what) : undefined;
      if (status) statuses.set(rowKey.slice(STATUS.length), status);
    }
    return wanted.toSorted(byTime).map((wish) => ({ ...wish, status: statuses.get(wish.id) ?? null }));
  }

  const keep = (client: TableClient, patientId: string, rowKey: string, value: unknown): Promise<unknown> =>
    client.upsertEntity({ partitionKey: partitionOf(patientId), rowKey, ...toRow(value, `wish ${rowKey}`) }, "Replace");

  return {
    keep: (wish) =>
      tables.use("incidents", "keep a wish", async (client) => void (await keep(client, wish.patient.id, `${WANTED}${wish.id}`, wish))),
    keepStatus: (patientId, wishId, status) =>
      tables.use(
        "incidents",
        "keep what came of a wish",
        async (client) => void (await keep(client, patientId, `${STATUS}${wishId}`, status)),
      ),
    listForLook: (patientId) =>
      tables.use("incidents", "list wishes", async (client) =>
        (await read(client, `PartitionKey eq ${quote(partitionOf(patientId))}`)).filter(concernsLooks),
      ),
    find: (wishId) =>
      tables.use("incidents", "find a wish", async (client) => {
        const rows = `(RowKey eq ${quote(`${WANTED}${wishId}`)} or RowKey eq ${quote(`${STATUS}${wishId}`)})`;
        return (await read(client, `${onlyWishes} and ${rows}`))[0];
      }),
    list: () => tables.use("incidents", "list wishes", async (client) => (await read(client, onlyWishes)).toReversed()),
    listWanted: () =>
      tables.use("incidents", "list open wishes", async (client) => {
        const open = (await read(client, onlyWishes)).filter(isOpen);
        return [...new Map(open.map(({ patient }) => [patientKey(patient.id), patient])).values()];
      }),
  };
}
