/** Checks the app's audit as an auditor would: from the rows alone, with a reckoning of its own. */
import { createHash } from "node:crypto";
import type { AuditRow } from "../running/app-api.ts";

export type Chain = "verified" | "broken" | "none";

const sha256 = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");

/** Members in order of their names, as the operating guide says a row is hashed. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, canonical(member)]),
  );
}

export function chainOf(incidentId: string, rows: readonly AuditRow[]): Chain {
  if (rows.length === 0) return "none";
  let before = sha256(`keymend audit of ${incidentId}`);
  for (const [index, { hash, prev, ...rest }] of rows.entries()) {
    const { entryId, kind, what, data, at, actor, seq } = rest;
    const reckoned = sha256(prev + JSON.stringify(canonical({ entryId, kind, what, data, at, actor, seq })));
    if (seq !== index + 1 || prev !== before || hash !== reckoned) return "broken";
    before = hash;
  }
  return "verified";
}
