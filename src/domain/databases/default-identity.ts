/** The default identity of a database as Azure spells it (Microsoft.DocumentDB 2026-03-15, databaseAccounts, defaultIdentity). */
import { normalId } from "../arm-id.ts";
import type { Baseline, DefaultIdentity, TargetFacts } from "../facts.ts";

export type NamedDefault = Exclude<DefaultIdentity, { form: "undefined" | "unknown" }>;

export const userAssigned = (identityId: string): string => `UserAssignedIdentity=${identityId}`;

/** Undefined where the text names none, or one of a form that Keymend does not know. A cluster's is the identity's bare id. */
export function readDefaultIdentity(raw: string): NamedDefault | undefined {
  const text = raw.trim();
  if (/^FirstPartyIdentity$/i.test(text)) return { form: "firstParty" };
  if (/^SystemAssignedIdentity$/i.test(text)) return { form: "system" };
  if (text.startsWith("/")) return { form: "user", id: text, federatedClientId: null };
  const [, id, federatedClientId] = /^UserAssignedIdentity=([^&]+)(?:&FederatedClientId=([^&]+))?$/i.exec(text) ?? [];
  return id === undefined ? undefined : { form: "user", id, federatedClientId: federatedClientId ?? null };
}

/** What the database used while it was last healthy. */
export function rememberedDefault(target: Pick<TargetFacts, "id">, baseline: Baseline | null): NamedDefault | undefined {
  const entry = Object.entries(baseline?.defaultIdentities ?? {}).find(([id]) => normalId(id) === normalId(target.id));
  return entry && readDefaultIdentity(entry[1]);
}
