/** Checks the app's audit as an auditor would: from the rows alone, with a reckoning of its own. */
import { createHash } from "node:crypto";
import type { AuditRow } from "../running/app-api.ts";

export type Chain = "verified" | "broken" | "none";

const sha256 = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");

const ESCAPES: Record<string, string> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\f": "\\f",
  "\r": "\\r",
};

/** RFC 8785 section 3.2.2.2: what need not be escaped stands as it is. */
function quoted(text: string): string {
  let out = "";
  for (const char of text) {
    const code = char.codePointAt(0)!;
    out += ESCAPES[char] ?? (code < 0x20 ? `\\u${code.toString(16).padStart(4, "0")}` : char);
  }
  return `"${out}"`;
}

/** RFC 8785 by hand, as the operating guide says a row is hashed: names by their UTF-16 code units, numbers as ECMAScript writes them. */
export function jcs(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jcs).join(",")}]`;
  if (typeof value === "string") return quoted(value);
  if (typeof value !== "object" || value === null) return String(value);
  const members = new Map<string, unknown>(Object.entries(value));
  // Without a comparison of one's own, sort goes by UTF-16 code units.
  const names = [...members.keys()].toSorted();
  return `{${names.map((name) => `${quoted(name)}:${jcs(members.get(name))}`).join(",")}}`;
}

/** seal: what the incident itself says of its audit. */
export function chainOf(incidentId: string, rows: readonly AuditRow[], seal?: { rows: number; head: string } | null): Chain {
  if (seal && seal.rows > 0 && rows[seal.rows - 1]?.hash !== seal.head) return "broken";
  if (rows.length === 0) return "none";
  let before = sha256(`keymend audit of ${incidentId}`);
  for (const [index, { hash, prev, ...said }] of rows.entries()) {
    if (said.seq !== index + 1 || prev !== before || hash !== sha256(prev + jcs(said))) return "broken";
    before = hash;
  }
  return "verified";
}
