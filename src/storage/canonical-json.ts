/** One text per value, whatever the order of its members, and hashes of such texts. */
import { createHash } from "node:crypto";
import canonicalize from "canonicalize";

/** Half a surrogate pair, which JSON.stringify escapes and a whole one never; every other escape is matched to be stepped over. */
const ESCAPE = /\\(u[dD][89a-fA-F][0-9a-fA-F]{2}|.)/g;

/**
 * As it will be read again: undefined members go and dates become texts. Half a letter (a surrogate without its other half, which
 * a text from elsewhere may hold and RFC 8785 has no form for) becomes U+FFFD.
 */
export function asKept(value: unknown): unknown {
  return JSON.parse((JSON.stringify(value) ?? "null").replace(ESCAPE, (all, escape: string) => (escape.length > 1 ? "\ufffd" : all)));
}

/** RFC 8785. */
export const canonicalJson = (value: unknown): string => canonicalize(asKept(value)) ?? "null";

/** SHA-256 in hex. */
export const hashText = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");

export const digestOf = (value: unknown): string => hashText(canonicalJson(value));
