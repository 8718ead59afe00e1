/**
 * Whether an audit is whole, as anybody can find out without Keymend's word for it: each row carries the hash of the one before, and its own
 * is SHA-256 over that and all the row says in canonical form (RFC 8785).
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

/** rows: all of them, oldest first. */
export async function verifyRows(incidentId: string, rows: readonly AuditRow[]): Promise<Verdict> {
  let prev = await sha256(`keymend audit of ${incidentId}`);
  for (const row of rows) {
    const { hash, prev: before, ...said } = row;
    const broken = (why: string): Verdict => ({ rows: rows.length, broken: { seq: row.seq, why } });
    if (before !== prev) return broken("it does not carry the hash of the row before");
    if (row.schema === SCHEMA && (await sha256(before + canonicalize(said))) !== hash) return broken("what it says is not what was hashed");
    prev = hash;
  }
  return { rows: rows.length, broken: null };
}
