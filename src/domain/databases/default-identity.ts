/** The default identity of a database as Azure spells it (Microsoft.DocumentDB 2026-03-15, databaseAccounts, defaultIdentity). */
import { normalId, sameId, wholeId } from "../arm-id.ts";
import type { Baseline, DefaultIdentity, TargetFacts } from "../facts.ts";

export type NamedDefault = Exclude<DefaultIdentity, { form: "undefined" | "unknown" }>;

export const userAssigned = (identityId: string): string => `UserAssignedIdentity=${identityId}`;

/** Undefined where the text names none, or one of a form that Keymend does not know. A cluster's is the identity's bare id. */
export function readDefaultIdentity(raw: string): NamedDefault | undefined {
  const text = raw.trim();
  if (/^FirstPartyIdentity$/i.test(text)) return { form: "firstParty" };
  if (/^SystemAssignedIdentity$/i.test(text)) return { form: "system" };
  const bare = wholeId(text);
  if (bare.startsWith("/")) return { form: "user", id: bare, federatedClientId: null };
  const [, id, federatedClientId] = /^UserAssignedIdentity=([^&]+)(?:&FederatedClientId=([^&]+))?$/i.exec(text) ?? [];
  return id === undefined ? undefined : { form: "user", id: wholeId(id), federatedClientId: federatedClientId ?? null };
}

/** `Undefined` and the empty string are both seen where there is none. Recorded: Azure/azure-cli test_cosmosdb_managed_service_identity.yaml */
export function parseDefaultIdentity(raw: string | undefined): DefaultIdentity {
  const text = (raw ?? "").trim();
  if (text === "" || /^undefined$/i.test(text)) return { form: "undefined" };
  return readDefaultIdentity(text) ?? { form: "unknown", raw: text };
}

/** Whatever the casing, and however the identity's id is written. */
export function isSameDefault(a: DefaultIdentity, b: DefaultIdentity): boolean {
  return a.form === "user" && b.form === "user" ? sameId(a.id, b.id) : a.form === b.form;
}

/** As an account is told. */
export function writeDefault(choice: NamedDefault): string {
  if (choice.form === "firstParty") return "FirstPartyIdentity";
  if (choice.form === "system") return "SystemAssignedIdentity";
  return userAssigned(choice.id) + (choice.federatedClientId === null ? "" : `&FederatedClientId=${choice.federatedClientId}`);
}

/** What the database used while it was last healthy. */
export function rememberedDefault(target: Pick<TargetFacts, "id">, baseline: Baseline | null): NamedDefault | undefined {
  const entry = Object.entries(baseline?.defaultIdentities ?? {}).find(([id]) => normalId(id) === normalId(target.id));
  return entry && readDefaultIdentity(entry[1]);
}

type User = Pick<TargetFacts, "id" | "defaultIdentity">;

/** What one of them is granted the other has too. A system-assigned identity is its own database's. */
export function shareIdentity(one: User, other: User): boolean {
  if (sameId(one.id, other.id)) return true;
  const { form } = one.defaultIdentity;
  return (form === "user" || form === "firstParty") && isSameDefault(one.defaultIdentity, other.defaultIdentity);
}
