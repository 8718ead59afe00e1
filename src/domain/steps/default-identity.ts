/** The default identity of an account as Azure spells it (Microsoft.DocumentDB 2026-03-15, databaseAccounts, defaultIdentity). */
import type { DefaultIdentity } from "../facts.ts";

export const userAssigned = (identityId: string): string => `UserAssignedIdentity=${identityId}`;

/** What it names: an identity's id, the system-assigned one, Azure Cosmos DB itself; undefined for every other text. */
export function readDefaultIdentity(raw: string): Exclude<DefaultIdentity, { form: "undefined" | "unknown" }> | undefined {
  const text = raw.trim();
  if (/^FirstPartyIdentity$/i.test(text)) return { form: "firstParty" };
  if (/^SystemAssignedIdentity$/i.test(text)) return { form: "system" };
  const [, id, federatedClientId] = /^UserAssignedIdentity=([^&]+)(?:&FederatedClientId=([^&]+))?$/i.exec(text) ?? [];
  return id === undefined ? undefined : { form: "user", id, federatedClientId: federatedClientId ?? null };
}
