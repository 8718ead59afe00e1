/** What the three grants share: who gets it, and whether it still has to be made. */
import { ENCRYPTION_USER, roleGuid } from "../access/access.ts";
import type { KeyOperation } from "../databases/rules.ts";
import { isKeyId, isUnder, keyNameIn, sameId, sameText, vaultIn } from "../arm-id.ts";
import type { Facts } from "../facts.ts";
import { accessByRoles } from "../access/key-access.ts";
import { findVault, isStale, type Precondition, stale } from "./spec.ts";
import type { Grantee } from "../access/access.ts";

/** A principal still to be created is told by its identity: an approval must not go stale when the principal is there. */
export const granteeId = ({ identityId, principalId }: Grantee): string => (identityId ?? principalId ?? "").toLowerCase();

/** Undefined where the grantee is known and still the one that was meant. */
export function checkGrantee({ identityId, principalId }: Grantee, facts: Facts): { stale: string } | undefined {
  if (principalId === null) return stale(`the principal of ${identityId} is not known yet`);
  const identity = identityId === null ? undefined : facts.identities.find(({ id }) => sameId(id, identityId));
  if (identity?.state === "gone") return stale(`identity ${identityId} is gone`);
  if (identity?.state === "live" && !sameText(identity.principalId, principalId))
    return stale(`identity ${identityId} has another principal now`);
  return undefined;
}

/** Least privilege (Microsoft Learn, "Best practices for Azure RBAC"): never a role that can do more, never above the vault that is this patient. */
export function forbidsGrant(
  { scope, roleDefinitionId }: { scope: string; roleDefinitionId: string },
  { vault }: Facts,
): string | undefined {
  const vaultId = vault && "id" in vault ? (vault.id ?? "") : "";
  if (roleGuid(roleDefinitionId) !== ENCRYPTION_USER) return "only the role for reading, wrapping and unwrapping is ever granted";
  return vaultId !== "" && isUnder(vaultId, scope) ? undefined : "nothing is granted at a wider scope than the vault";
}

const NEEDED: readonly KeyOperation[] = ["read", "wrap", "unwrap"];

/** A role at a key that is still to be made has nothing to be made at. */
function checkKey(scope: string, { keys }: Facts): { stale: string } | undefined {
  const name = keyNameIn(scope);
  const key = keys.find((one) => one.name.toLowerCase() === name?.toLowerCase());
  return key?.state === "gone" ? stale(`key ${key.name} is not there yet`) : undefined;
}

/** A role for reading and wrapping, at a scope that holds the key: needed unless the principal can do it all already. */
export function checkRole(scope: string, grantee: Grantee, facts: Facts): Precondition {
  const vault = findVault(facts, isKeyId(scope) ? vaultIn(scope)! : scope);
  if (isStale(vault)) return vault;
  const wrong = checkGrantee(grantee, facts) ?? checkKey(scope, facts);
  if (wrong) return wrong;
  if (vault.permissionModel !== "rbac") return stale("the vault was switched to access policies");
  const principalId = grantee.principalId!;
  const reads = facts.access.filter((access) => sameText(access.principalId, principalId) && isUnder(scope, access.keyScope));
  // A principal that was just created has no facts yet, and nothing granted either.
  if (reads.length === 0) return "todo";
  const blind = reads.find((access) => access.state !== "read");
  if (blind) return stale(`what ${principalId} may do could not be read`);
  const able = reads.every((access) => access.state === "read" && accessByRoles(access, NEEDED).allowed);
  return able ? "done" : "todo";
}
