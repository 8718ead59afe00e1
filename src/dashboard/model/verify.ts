/**
 * Whether an audit is whole, as anybody can find out without Keymend's word for it: each row carries the hash of the one before, its own
 * is SHA-256 over that and all the row says in canonical form (RFC 8785), and none is lacking that the incident itself knows of.
 */
import canonicalize from "canonicalize";
import type { AuditRow } from "./answers.ts";

export type Verdict = { rows: number; broken: { seq: number; why: string } | null };

/** The schema whose hash this is; rows of an earlier one are taken on the server's word. */
const SCHEMA = 2;

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** How far the chain went when the incident was last saved; null where it does not say. */
export type Seal = { rows: number; head: string } | null;

/** rows: all of them, oldest first, read after the seal: those beyond it are no fault. */
export async function verifyRows(incidentId: string, rows: readonly AuditRow[], seal: Seal): Promise<Verdict> {
  const broken = (seq: number, why: string): Verdict => ({ rows: rows.length, broken: { seq, why } });
  let prev = await sha256(`keymend audit of ${incidentId}`);
  for (const row of rows) {
    const { hash, prev: before, ...said } = row;
    if (before !== prev) return broken(row.seq, "it does not carry the hash of the row before");
    if (row.schema === SCHEMA && (await sha256(before + canonicalize(said))) !== hash)
      return broken(row.seq, "what it says is not what was hashed");
    prev = hash;
  }
  if (seal === null || seal.rows === 0) return { rows: rows.length, broken: null };
  if (rows.length < seal.rows) return broken(rows.length + 1, `the incident knows of ${seal.rows} rows`);
  if (rows[seal.rows - 1]!.hash !== seal.head) return broken(seal.rows, "the incident knows another row here");
  return { rows: rows.length, broken: null };
}
