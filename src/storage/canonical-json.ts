/** One text per value, whatever the order of its members, and hashes of such texts. */
import { createHash } from "node:crypto";

/** Members sorted by code unit, undefined ones left out, as RFC 8785 does it for what JSON can hold. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? "null";
}

/** SHA-256 in hex. */
export const hashText = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");

export const digestOf = (value: unknown): string => hashText(canonicalJson(value));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]));
}
