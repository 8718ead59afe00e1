/** The audit: one partition per incident, appended to and never changed. Rows of one call are written together or not at all. */
import type { TableClient, TransactionAction } from "@azure/data-tables";
import { classifyError } from "../azure/classify-error.ts";
import type { Anchors } from "./anchors.ts";
import { emptySeal, extendChain, verifyChain } from "./audit-chain.ts";
import type { AuditInput, AuditRow, ChainVerdict, Seal } from "./audit-chain.ts";
import { cutText, fit, LONGEST_LABEL, LONGEST_TEXT } from "../domain/bounded.ts";
import { asKept, hashText } from "./canonical-json.ts";
import type { Page } from "./incident-store.ts";
import { jsonOf, toRow } from "./rows.ts";
import { quote } from "./tables.ts";
import type { Tables } from "./tables.ts";

export type AuditLog = {
  /** An entry whose id is there already adds nothing: activities run at least once. Answers what the incident's row is to keep. */
  append: (incidentId: string, entries: readonly AuditInput[]) => Promise<Seal>;
  /** Oldest first. */
  list: (incidentId: string, top: number, continuation: string | undefined) => Promise<Page<AuditRow>>;
  /** seal: what the incident's row keeps, read before. */
  verify: (incidentId: string, seal: Seal | undefined) => Promise<ChainVerdict>;
  /** Whether an anchor knows of it, though nothing else may any more. */
  isAnchored: (incidentId: string) => Promise<boolean>;
};

/** learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions */
const ROWS_PER_TRANSACTION = 100;
/** Two writers at once are an orchestration and a person's decision: one of them goes again. */
const TRIES = 5;

/** A transaction's body may have 4 MB; bytes travel as base64. */
const CHARS_PER_TRANSACTION = 2_500_000;
/** Of one row's data: what packs into a row even where it hardly shrinks. */
const LONGEST_DATA = 600_000;

const bounded = (entry: AuditInput): AuditInput => ({
  ...entry,
  entryId: cutText(entry.entryId, LONGEST_LABEL, hashText),
  what: cutText(entry.what, LONGEST_TEXT, hashText),
  data: fit(asKept(entry.data), LONGEST_DATA, hashText),
});

const rowKey = (seq: number): string => String(seq).padStart(8, "0");

/** anchors: null where the settings name no place for them. note: how it went, for whoever asks how well Keymend is. */
export function createAuditLog(
  tables: Tables,
  anchors: Anchors | null = null,
  note: (went: "anchor" | "anchorFailed") => Promise<void> = async () => undefined,
): AuditLog {
  async function anchor(to: Anchors, incidentId: string, seal: Seal): Promise<void> {
    try {
      await to.keep(incidentId, seal);
    } catch (error) {
      await note("anchorFailed");
      throw error;
    }
    await note("anchor");
  }

  return {
    append: async (incidentId, entries) => {
      const seal = await tables.use("audit", "write the audit", async (client) => {
        for (let tries = 1; ; tries++) {
          try {
            return await appendOnce(client, incidentId, entries);
          } catch (error) {
            if (tries === TRIES || classifyError(error).kind !== "conflict") throw error;
          }
        }
      });
      // Also where nothing was added: who comes a second time may have been stopped between the two.
      if (anchors && seal.rows > 0) await anchor(anchors, incidentId, seal);
      return seal;
    },

    list: (incidentId, top, continuation) =>
      tables.use("audit", "read the audit", async (client) => {
        const after = continuation === undefined ? "" : ` and RowKey gt ${quote(continuation)}`;
        const rows = await readRows(client, `PartitionKey eq ${quote(incidentId)}${after}`, top + 1);
        const last = rows[top - 1];
        return { value: rows.slice(0, top), continuation: rows.length > top && last !== undefined ? rowKey(last.seq) : undefined };
      }),

    verify: async (incidentId, seal) => {
      // Before the rows: what is anchored was written before.
      const known = anchors && (await anchors.list(incidentId));
      return tables.use("audit", "verify the audit", async (client) =>
        verifyChain(incidentId, await readRows(client, `PartitionKey eq ${quote(incidentId)}`), seal, known),
      );
    },

    isAnchored: async (incidentId) => ((await anchors?.list(incidentId)) ?? []).length > 0,
  };
}

/** Adds at the end as it was read: a row that another writer has put there meanwhile makes the whole transaction a conflict. */
async function appendOnce(client: TableClient, incidentId: string, entries: readonly AuditInput[]): Promise<Seal> {
  const written = new Set<unknown>();
  let last: { seq: number; hash: string } | undefined;
  const queryOptions = { filter: `PartitionKey eq ${quote(incidentId)}`, select: ["RowKey", "entryId", "hash"] };
  for await (const row of client.listEntities<{ entryId: string; hash: string }>({ queryOptions })) {
    written.add(row.entryId);
    last = { seq: Number(row.rowKey), hash: row.hash };
  }
  const missing = entries.map(bounded).filter(({ entryId }) => {
    const isNew = !written.has(entryId);
    written.add(entryId);
    return isNew;
  });
  const rows = extendChain(incidentId, last, missing);
  for (const actions of transactionsOf(incidentId, rows)) await client.submitTransaction(actions);
  const end = rows.at(-1) ?? last;
  return end ? { rows: end.seq, head: end.hash } : emptySeal(incidentId);
}

/** In order, each within what a transaction holds. */
function transactionsOf(incidentId: string, rows: readonly AuditRow[]): TransactionAction[][] {
  const transactions: TransactionAction[][] = [];
  let room = 0;
  for (const row of rows) {
    const { entryId, kind, at, hash } = row;
    const key = { partitionKey: incidentId, rowKey: rowKey(row.seq) };
    const entity = { ...key, entryId, kind, at, hash, ...toRow(row, `audit row ${row.seq} of ${incidentId}`) };
    const size = Object.values(entity).reduce<number>((sum, value) => sum + (typeof value === "number" ? 8 : value.length * 2), 0);
    if (size > room || transactions.at(-1)?.length === ROWS_PER_TRANSACTION) {
      transactions.push([]);
      room = CHARS_PER_TRANSACTION;
    }
    transactions.at(-1)?.push(["create", entity]);
    room -= size;
  }
  return transactions;
}

async function readRows(client: TableClient, filter: string, top = Infinity): Promise<AuditRow[]> {
  const rows: AuditRow[] = [];
  for await (const entity of client.listEntities({ queryOptions: { filter } })) {
    const row: AuditRow = JSON.parse(jsonOf(entity, "an audit row"));
    rows.push(row);
    if (rows.length >= top) break;
  }
  return rows;
}
