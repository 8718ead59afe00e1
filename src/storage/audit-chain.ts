/** The audit's chain: each row carries the hash of the one before, so that no row can be changed, left out or put in unseen. */
import { canonicalJson, hashText } from "./canonical-json.ts";

export type AuditInput = { entryId: string; kind: string; what: string; data: unknown; at: string; actor: string };

export type AuditRow = AuditInput & { seq: number; prev: string; hash: string };

export type ChainVerdict = { ok: true; rows: number; head: string } | { ok: false; rows: number; seq: number; why: string };

/** What the first row of an incident carries instead of a hash before: rows can't be moved to another incident. */
const rootOf = (incidentId: string): string => hashText(`keymend audit of ${incidentId}`);

const hashOf = ({ entryId, kind, what, data, at, actor, seq, prev }: Omit<AuditRow, "hash">): string =>
  hashText(prev + canonicalJson({ entryId, kind, what, data, at, actor, seq }));

/** The rows that `entries` become after `last`. */
export function extendChain(
  incidentId: string,
  last: { seq: number; hash: string } | undefined,
  entries: readonly AuditInput[],
): AuditRow[] {
  const rows: AuditRow[] = [];
  let before: Pick<AuditRow, "seq" | "hash"> = last ?? { seq: 0, hash: rootOf(incidentId) };
  for (const { entryId, kind, what, data, at, actor } of entries) {
    // Through JSON once, so that what is hashed now is what will be read: undefined members and dates change on the way.
    const kept: unknown = JSON.parse(JSON.stringify(data ?? null));
    const linked = { entryId, kind, what, data: kept, at, actor, seq: before.seq + 1, prev: before.hash };
    const row = { ...linked, hash: hashOf(linked) };
    rows.push(row);
    before = row;
  }
  return rows;
}

/** Rows in order of seq. Rows cut off at the end do not show: compare `rows` and `head` with a copy kept elsewhere. */
export function verifyChain(incidentId: string, rows: readonly AuditRow[]): ChainVerdict {
  let prev = rootOf(incidentId);
  for (const [index, row] of rows.entries()) {
    const wrong = (why: string): ChainVerdict => ({ ok: false, rows: rows.length, seq: row.seq, why });
    if (row.seq !== index + 1) return wrong(`row ${index + 1} is missing`);
    if (row.prev !== prev) return wrong("the row does not follow the one before it");
    if (row.hash !== hashOf(row)) return wrong("the row was changed after it was written");
    prev = row.hash;
  }
  return { ok: true, rows: rows.length, head: prev };
}
