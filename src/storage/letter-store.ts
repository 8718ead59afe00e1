/**
 * What is to be told and could not be yet, what was told, and what could not be told at all; in the baseline's table, in a partition of its
 * own. All of it is bounded: what was told is forgotten, of dead letters the newest are kept.
 */
import type { TransactionAction } from "@azure/data-tables";
import { classifyError } from "../azure/classify-error.ts";
import { isNew, orAbsent } from "../azure/call-azure.ts";
import type { Letter } from "../domain/telling/letters.ts";
import { DAY, toIso, toMs } from "../domain/time.ts";
import { hashText } from "./canonical-json.ts";
import { jsonOf, toRow } from "./rows.ts";
import { quote } from "./tables.ts";
import type { Tables } from "./tables.ts";

export type KeptLetter = Letter & { row: { key: string; etag: string } };

export type LetterStore = {
  /** When people were last told of something like it; null where nobody knows. */
  likeToldAt: (like: string) => Promise<string | null>;
  /** All or none; false where news of this id was put before. like: what people are told by it; null where they are told nothing. */
  put: (id: string, letters: readonly Letter[], at: string, like: string | null) => Promise<boolean>;
  /** In no order. */
  list: () => Promise<KeptLetter[]>;
  /** As it is now; undefined where somebody else has written it meanwhile. */
  keep: (letter: KeptLetter) => Promise<KeptLetter | undefined>;
  drop: (letter: KeptLetter) => Promise<void>;
  /** It is not sent again. */
  bury: (letter: KeptLetter, at: string) => Promise<void>;
  counts: () => Promise<{ waiting: number; dead: number }>;
  /** Forgets what was told long ago, and all but the newest dead letters. */
  forget: (now: string) => Promise<void>;
};

/** No vault's name has a dot. */
const PARTITION = "the.telling";
const OUT = "out-";
const DEAD = "dead-";
const TOLD = "told-";
const LIKE = "like-";

/** `.` is the character after `-`. */
const beginning = (prefix: string): string =>
  `PartitionKey eq ${quote(PARTITION)} and RowKey ge ${quote(prefix)} and RowKey lt ${quote(`${prefix.slice(0, -1)}.`)}`;

/** Longer than any stage of a warning or any incident's question is told again. */
export const TOLD_FOR_MS = 90 * DAY;
export const MOST_DEAD = 200;
/** What is left is for the next time. */
export const FORGOTTEN_AT_ONCE = 1000;

const keyOf = (id: string, channel: string): string => `${OUT}${hashText(id)}-${channel}`;

export function createLetterStore(tables: Tables, setAside: (what: string) => void): LetterStore {
  const rowOf = (letter: Letter): Record<string, unknown> => {
    const { channel, news, since, tries, nextAt, failure } = letter;
    return toRow({ channel, news, since, tries, nextAt, failure } satisfies Letter, `a letter to ${channel}`);
  };
  const readLetter = (row: Record<string, unknown>): Letter | undefined => {
    try {
      const letter: Letter = JSON.parse(jsonOf(row, "a letter"));
      return letter;
    } catch (error) {
      setAside(`a letter can't be read and is set aside: ${String(error)}`);
      return undefined;
    }
  };
  const keys = async (prefix: string): Promise<{ rowKey: string; at: string }[]> =>
    tables.use("baseline", "list what was told", async (client) => {
      const all: { rowKey: string; at: string }[] = [];
      for await (const { rowKey = "", at } of client.listEntities<{ at?: string }>({
        queryOptions: { filter: beginning(prefix), select: ["RowKey", "at"] },
      }))
        all.push({ rowKey, at: at ?? "" });
      return all;
    });
  const remove = (rowKeys: readonly string[]): Promise<void> =>
    tables.use("baseline", "forget what was told", async (client) => {
      for (const rowKey of rowKeys) await orAbsent(() => client.deleteEntity(PARTITION, rowKey));
    });

  return {
    likeToldAt: (like) =>
      tables.use("baseline", "look up what was told", async (client) => {
        const row = await orAbsent(() => client.getEntity<{ at?: string }>(PARTITION, `${LIKE}${hashText(like)}`));
        return row?.at ?? null;
      }),
    put: (id, letters, at, like) =>
      tables.use("baseline", "put what is to be told", (client) =>
        isNew(() =>
          client.submitTransaction([
            ["create", { partitionKey: PARTITION, rowKey: `${TOLD}${hashText(id)}`, at }],
            ...[like]
              .filter((one) => one !== null)
              .map((one): TransactionAction => ["upsert", { partitionKey: PARTITION, rowKey: `${LIKE}${hashText(one)}`, at }, "Replace"]),
            ...letters.map((letter): TransactionAction => [
              "create",
              { partitionKey: PARTITION, rowKey: keyOf(id, letter.channel), ...rowOf(letter) },
            ]),
          ]),
        ),
      ),
    list: () =>
      tables.use("baseline", "list what is to be told", async (client) => {
        const all: KeptLetter[] = [];
        for await (const row of client.listEntities({ queryOptions: { filter: beginning(OUT) } })) {
          const letter = readLetter(row);
          if (letter) all.push({ ...letter, row: { key: row.rowKey!, etag: row.etag } });
        }
        return all;
      }),
    keep: (letter) =>
      tables.use("baseline", "keep what is to be told", async (client) => {
        const { key: rowKey, etag } = letter.row;
        try {
          const kept = await client.updateEntity({ partitionKey: PARTITION, rowKey, ...rowOf(letter) }, "Replace", { etag });
          return { ...letter, row: { key: rowKey, etag: kept.etag! } };
        } catch (error) {
          if (["preconditionFailed", "notFound"].includes(classifyError(error).kind)) return undefined;
          throw error;
        }
      }),
    drop: ({ row }) => remove([row.key]),
    bury: (letter, at) =>
      tables.use("baseline", "keep a dead letter", async (client) => {
        const { key: rowKey } = letter.row;
        // The newest first, by its key.
        const dead = `${DEAD}${String(8_640_000_000_000_000 - toMs(at))}-${rowKey.slice(OUT.length)}`;
        await orAbsent(() =>
          client.submitTransaction([
            ["delete", { partitionKey: PARTITION, rowKey }],
            ["create", { partitionKey: PARTITION, rowKey: dead, at, ...rowOf(letter) }],
          ]),
        );
      }),
    counts: async () => ({ waiting: (await keys(OUT)).length, dead: (await keys(DEAD)).length }),
    forget: async (now) => {
      const before = toIso(toMs(now) - TOLD_FOR_MS);
      const old = [...(await keys(TOLD)), ...(await keys(LIKE))].filter(({ at }) => at < before);
      const dead = (await keys(DEAD)).slice(MOST_DEAD);
      await remove([...old, ...dead].slice(0, FORGOTTEN_AT_ONCE).map(({ rowKey }) => rowKey));
    },
  };
}
