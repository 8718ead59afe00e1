/**
 * Takes key permissions off one principal's access policy: on a vault with access policies the other documented way to revoke (Microsoft Learn,
 * "Configure customer-managed keys", How do I revoke an encryption key: "delete the access policy"). What else the principal may do stays.
 */
import { azRest } from "./az.ts";
import { besideOnVault, moreThan, policyName } from "./beside.ts";
import { CUTS_OFF } from "./intent-tag.ts";
import { policyKeysOf } from "./policy-keys.ts";
import { actions, findVault, isStale, onId, type StepSpec, stale, touchesIntent } from "./spec.ts";
import type { StepParams } from "./step.ts";

const API_VERSION = "2026-02-01";

const ownerOf = ({ holder, tenantId }: StepParams["RemoveAccessPolicyPermissions"]) => ({
  tenantId,
  objectId: holder,
  applicationId: null,
});

export const removeAccessPolicyPermissions: StepSpec<"RemoveAccessPolicyPermissions"> = {
  capability: "access",
  permission: () => actions("Microsoft.KeyVault/vaults/accessPolicies/write"),
  undo: ({ keys, holder }) => `give the access policy of ${holder} ${keys.join(", ")} again`,
  az: ({ vaultId, tenantId, holder, keys }) => {
    const body = { properties: { accessPolicies: [{ tenantId, objectId: holder, permissions: { keys } }] } };
    return [azRest("put", `${vaultId}/accessPolicies/remove`, API_VERSION, body)];
  },
  on: ({ vaultId }) => vaultId,
  touches: touchesIntent,
  about: ({ holder }) => holder,
  tells: () => CUTS_OFF,
  key: ({ vaultId, holder }) => [...onId(vaultId), holder.toLowerCase()],
  sets: ({ keys }) => keys.map((key) => key.toLowerCase()).toSorted(),
  precondition: (params, facts) => {
    const vault = findVault(facts, params.vaultId);
    if (isStale(vault)) return vault;
    if (vault.permissionModel !== "policies") return stale("the vault was switched to Azure RBAC");
    const has = policyKeysOf(ownerOf(params), vault);
    return params.keys.some((key) => has.includes(key.toLowerCase())) ? "todo" : "done";
  },
  shows: (params, facts) => {
    const vault = findVault(facts, params.vaultId);
    return isStale(vault) ? undefined : policyKeysOf(ownerOf(params), vault);
  },
  beside: (params, facts) => {
    const vault = findVault(facts, params.vaultId);
    const others = besideOnVault(facts, params.vaultId, policyName(ownerOf(params)));
    if (isStale(vault) || others === undefined) return undefined;
    return { ...others, ...moreThan("the principal's permissions", policyKeysOf(ownerOf(params), vault), params.keys) };
  },
  takenBackBy: null,
  merge: null,
  // No repair takes access away.
  forbids: () => "a grant is taken away only where somebody wants just that",
  grants: null,
  widens: false,
  isUndo: false,
  switchesIdentity: false,
  counts: null,
};
