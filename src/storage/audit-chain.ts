/** The audit's chain: each row carries the hash of the one before, so that no row can be changed, left out or put in unseen. */
import { RESTRAINT_AUDIT } from "../domain/incident.ts";
import { asKept, canonicalJson, hashText } from "./canonical-json.ts";

export type AuditInput = { entryId: string; kind: string; what: string; data: unknown; at: string; actor: string };

export type AuditRow = AuditInput & {
  /** What the row is hashed by; absent in those of the first schema. */
  schema?: number;
  seq: number;
  prev: string;
  hash: string;
};

/** How far a chain went when the incident's row was last saved: kept there, in another table, so that the two bear each other out. */
export type Seal = { rows: number; head: string };

/** A seal that is kept outside of the tables (anchors.ts). isLocked: nobody can take it away. */
export type Anchor = Seal & { isLocked: boolean };

/**
 * sealed: how many rows the incident's row bears out; those behind were written since and are the next save's. anchored: how many a locked
 * anchor bears out; null where there are no anchors by the settings.
 */
export type ChainVerdict =
  | { ok: true; rows: number; head: string; sealed: number; anchored: number | null }
  | { ok: false; rows: number; seq: number; why: string };

/** What is known of a chain without any row. */
export const emptySeal = (incidentId: string): Seal => ({ rows: 0, head: rootOf(incidentId) });

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
  last: Pick<AuditRow, "seq" | "hash"> | undefined,
  entries: readonly AuditInput[],
): AuditRow[] {
  const rows: AuditRow[] = [];
  let before: Pick<AuditRow, "seq" | "hash"> = last ?? { seq: 0, hash: rootOf(incidentId) };
  for (const { entryId, kind, what, data, at, actor } of entries) {
    // What is hashed now must be what will be read.
    const said = {
      entryId: entryId.toWellFormed(),
      kind,
      what: what.toWellFormed(),
      data: asKept(data ?? null),
      at,
      actor: actor.toWellFormed(),
    };
    const linked = { schema: SCHEMA, ...said, seq: before.seq + 1, prev: before.hash, hash: "" };
    const row = { ...linked, hash: hash2(linked) };
    rows.push(row);
    before = row;
  }
  return rows;
}

/**
 * Rows in order of seq. A chain holds where each row follows from the one before, and where it still has what the incident's row and the
 * anchors know: so it can't be emptied, cut or written anew in one table alone, nor with anchors in both. More rows than these know are no
 * fault: the audit is written before them, and a person's decision without the incident's row. Incidents of earlier versions have no seal.
 */
export function verifyChain(
  incidentId: string,
  rows: readonly AuditRow[],
  seal: Seal = emptySeal(incidentId),
  anchors: readonly Anchor[] | null = null,
): ChainVerdict {
  const fault = (seq: number, why: string): ChainVerdict => ({ ok: false, rows: rows.length, seq, why });
  // Where nobody has ever paused there is none; what a seal or an anchor knows of is missed below.
  if (rows.length === 0 && incidentId !== RESTRAINT_AUDIT) return fault(1, "there is no row, and every incident has one");
  let prev = rootOf(incidentId);
  for (const [index, row] of rows.entries()) {
    const why = faultOf(row, index + 1, prev);
    if (why !== undefined) return fault(row.seq, why);
    prev = row.hash;
  }
  const witnesses = [{ who: "the incident's row", ...seal }, ...(anchors ?? []).map((anchor) => ({ who: "an anchor", ...anchor }))];
  for (const witness of witnesses) {
    const against = contradiction(rows, witness);
    if (against !== undefined) return fault(against.seq, `${witness.who} ${against.why}`);
  }
  const locked = anchors?.filter(({ isLocked }) => isLocked).map((anchor) => anchor.rows);
  return { ok: true, rows: rows.length, head: prev, sealed: seal.rows, anchored: locked ? Math.max(0, ...locked) : null };
}

function contradiction(rows: readonly AuditRow[], known: Seal): { seq: number; why: string } | undefined {
  if (rows.length < known.rows) return { seq: rows.length + 1, why: `knows of ${known.rows} rows` };
  if (known.rows > 0 && rows[known.rows - 1]?.hash !== known.head) return { seq: known.rows, why: "knows another row here" };
  return undefined;
}

function faultOf(row: AuditRow, seq: number, prev: string): string | undefined {
  if (row.seq !== seq) return `row ${seq} is missing`;
  if (row.prev !== prev) return "the row does not follow the one before it";
  const hashOf = HASHES.get(row.schema ?? 1);
  if (!hashOf) return `this version does not know the row's schema, ${String(row.schema)}`;
  return row.hash === hashOf(row) ? undefined : "the row was changed after it was written";
}
