/** The audit's chain: each row carries the hash of the one before, so that no row can be changed, left out or put in unseen. */
import { asKept, canonicalJson, hashText } from "./canonical-json.ts";

export type AuditInput = { entryId: string; kind: string; what: string; data: unknown; at: string; actor: string };

export type AuditRow = AuditInput & {
  /** What the row is hashed by; absent in those of the first schema. */
  schema?: number;
  seq: number;
  prev: string;
  hash: string;
};

export type ChainVerdict = { ok: true; rows: number; head: string } | { ok: false; rows: number; seq: number; why: string };

/** What the first row of an incident carries instead of a hash before: rows can't be moved to another incident. */
const rootOf = (incidentId: string): string => hashText(`keymend audit of ${incidentId}`);

type Hash = (row: AuditRow) => string;

/** RFC 8785 of everything the row says, behind the hash of the row before it. */
const hash2: Hash = ({ prev, hash: _, ...said }) => hashText(prev + canonicalJson(said));

/** The first schema sorted members itself: not those named by whole numbers, which an object keeps in front (`9` before `10`). */
const hash1: Hash = ({ entryId, kind, what, data, at, actor, seq, prev }) =>
  hashText(prev + JSON.stringify(sorted1({ entryId, kind, what, data, at, actor, seq })));

function sorted1(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted1);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, sorted1(member)]));
}

const SCHEMA = 2;
const HASHES = new Map<number, Hash>([
  [1, hash1],
  [SCHEMA, hash2],
]);

/** The rows that `entries` become after `last`. */
export function extendChain(
  incidentId: string,
  last: { seq: number; hash: string } | undefined,
  entries: readonly AuditInput[],
): AuditRow[] {
  const rows: AuditRow[] = [];
  let before: Pick<AuditRow, "seq" | "hash"> = last ?? { seq: 0, hash: rootOf(incidentId) };
  for (const { entryId, kind, what, data, at, actor } of entries) {
    // What is hashed now must be what will be read.
    const said = { entryId: entryId.toWellFormed(), kind, what: what.toWellFormed(), data: asKept(data ?? null), at, actor };
    const linked = { schema: SCHEMA, ...said, seq: before.seq + 1, prev: before.hash, hash: "" };
    const row = { ...linked, hash: hash2(linked) };
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
    const hashOf = HASHES.get(row.schema ?? 1);
    if (!hashOf) return wrong(`this version does not know the row's schema, ${String(row.schema)}`);
    if (row.hash !== hashOf(row)) return wrong("the row was changed after it was written");
    prev = row.hash;
  }
  return { ok: true, rows: rows.length, head: prev };
}
