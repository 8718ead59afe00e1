/** Per database: the rules of its kind, and the principal it uses towards the vault. */
import { sameId } from "../arm-id.ts";
import type { IdentityFacts, TargetFacts } from "../facts.ts";
import { account } from "./account.ts";
import { cluster } from "./cluster.ts";
import type { TargetRules } from "./rules.ts";

export const rulesOf = ({ kind }: Pick<TargetFacts, "kind">): TargetRules => (kind === "account" ? account : cluster);

export const verdictOf = (target: TargetFacts) => rulesOf(target).verdict(target);

/** Nobody is given access for a database that never had any: whoever may order one could have any key opened to an identity of their own. */
export const isBeingCreated = (target: TargetFacts): boolean => rulesOf(target).isBeingCreated(target.service);

export type PrincipalState =
  | { state: "known"; principalId: string; identityId: string | null }
  /** recreated: one of the same name exists, with another principal that the database does not know. */
  | { state: "gone"; identityId: string; recreated: boolean }
  /** It exists and is not attached; a null id is the system-assigned one. */
  | { state: "detached"; identityId: string | null }
  | { state: "undefined" }
  | { state: "unreadable"; detail: string };

/**
 * An identity made again under its old name has a new principal (Microsoft Learn, vCore troubleshooting guide): what the database holds is
 * that of one that is gone for good.
 */
export function isRecreated({ attached }: Pick<TargetFacts, "attached">, identity: IdentityFacts): boolean {
  if (identity.state !== "live") return false;
  const now = identity.principalId.toLowerCase();
  return attached.some(({ id, principalId }) => sameId(id, identity.id) && principalId !== null && principalId.toLowerCase() !== now);
}

function userPrincipal(target: TargetFacts, id: string, identities: readonly IdentityFacts[]): PrincipalState {
  const identity = identities.find((one) => sameId(one.id, id));
  if (!identity) return { state: "unreadable", detail: `identity ${id} was not read` };
  if (identity.state === "unreadable") return { state: "unreadable", detail: `identity ${id} could not be read: ${identity.detail}` };
  if (identity.state === "gone") return { state: "gone", identityId: id, recreated: false };
  if (!target.attached.some((one) => sameId(one.id, id))) return { state: "detached", identityId: id };
  if (isRecreated(target, identity)) return { state: "gone", identityId: id, recreated: true };
  return { state: "known", principalId: identity.principalId, identityId: id };
}

/** firstPartyPrincipalId: of Azure Cosmos DB's own service principal in this tenant; null where unknown. */
export function principalStateOf(
  target: TargetFacts,
  identities: readonly IdentityFacts[],
  firstPartyPrincipalId: string | null,
): PrincipalState {
  const { defaultIdentity, systemPrincipalId } = target;
  switch (defaultIdentity.form) {
    case "user":
      return userPrincipal(target, defaultIdentity.id, identities);
    case "system":
      return systemPrincipalId === null
        ? { state: "detached", identityId: null }
        : { state: "known", principalId: systemPrincipalId, identityId: null };
    case "firstParty":
      return firstPartyPrincipalId === null
        ? { state: "unreadable", detail: "the object id of the Azure Cosmos DB service principal is not configured" }
        : { state: "known", principalId: firstPartyPrincipalId, identityId: null };
    case "undefined":
      return { state: "undefined" };
    case "unknown":
      return { state: "unreadable", detail: `the default identity '${defaultIdentity.raw}' is of no form that Keymend knows` };
  }
}

export function principalOf(
  target: TargetFacts,
  identities: readonly IdentityFacts[],
  firstPartyPrincipalId: string | null,
): string | undefined {
  const state = principalStateOf(target, identities, firstPartyPrincipalId);
  return state.state === "known" ? state.principalId : undefined;
}
