/** Short words for people where the data beside them has the whole id. */
import { nameOf, parseArmId } from "./arm-id.ts";
import type { Facts, VaultFacts } from "./facts.ts";
import { parseKeyUri } from "./key-uri.ts";
import type { Wish } from "./wish.ts";

/** `kv-orders/cmk` of a key's scope, `kv-orders/cmk/0f3a91c2` of a key version, the name of any other resource; the text itself where it is no id. */
export function placeOf(id: string): string {
  const uri = parseKeyUri(id);
  if (uri.vaultName !== null) return [uri.vaultName, uri.key, uri.version?.slice(0, 8)].filter((part) => part).join("/");
  const names = parseArmId(id)?.names ?? [];
  return names.length > 0 ? names.join("/") : id;
}

/** A step in a sentence. about: absent from what earlier versions kept. */
export const stepInShort = ({ name, on, about }: { name: string; on: string; about?: string | null }): string =>
  `${name} on ${placeOf(on)}${about ? `, for ${about}` : ""}`;

/** The name of a resource; the text itself where it is no id of one. */
export function shortOf(id: string): string {
  return nameOf(id) || id;
}

/** Names of several resources, for a sentence. */
export const namesOf = (ids: readonly string[]): string => ids.map(shortOf).join(", ");

/** An operation in a sentence, with what it is about. */
export function operationInShort({ operation, params, patient }: Wish): string {
  if ("databaseId" in params && !("key" in params)) return `${operation} of ${namesOf([params.databaseId])}`;
  const about = "keyUri" in params ? placeOf(params.keyUri) : `${patient.vaultName ?? namesOf([patient.id])}/${params.key}`;
  return `${operation} on ${about}`;
}

const VAULT_WORDS: Record<Exclude<VaultFacts["state"], "live">, string> = {
  deleted: "vault soft-deleted",
  // Gone, or in another tenant.
  gone: "vault nowhere to be found",
  unreadable: "vault unreadable",
};

/** What was read, in a line: the rest is in the audit. */
export function factsInShort({ vault, keys, targets, patient }: Facts): string {
  const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;
  const databases = count(targets.length, "database");
  if (vault?.state !== "live")
    return `${patient.vaultName ?? namesOf([patient.id])}: ${databases}, ${vault ? VAULT_WORDS[vault.state] : "no vault"}`;
  return `${vault.name}: ${databases}, ${count(keys.length, "key")}, ${vault.permissionModel === "rbac" ? "RBAC" : "access policies"}`;
}
