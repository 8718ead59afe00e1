/** Adds key permissions to one principal's access policy. Azure merges them with what is there and leaves other principals alone. */
import { sameText } from "../arm-id.ts";
import { POLICY_PERMISSIONS } from "../access/access.ts";
import type { Facts } from "../facts.ts";
import type { StepParams } from "./step.ts";
import { azPrincipal, azRest, BLANK } from "./az.ts";
import { besideOnVault, moreThan, policyName } from "./beside.ts";
import { checkGrantee, granteeId } from "./grantee.ts";
import { policiesOf, policyKeysOf } from "./policy-keys.ts";
import { actions, findVault, isStale, onId, stale, type StepSpec, touchesPrincipal, withAll } from "./spec.ts";

const API_VERSION = "2026-02-01";

const ALLOWED = Object.values(POLICY_PERMISSIONS);

type Params = StepParams["AddAccessPolicyPermissions"];

const ownerOf = ({ tenantId, principalId, applicationId }: Params) => ({ tenantId, objectId: principalId!, applicationId });

/** Undefined where the vault can't be seen. */
function keysOf(params: Params, facts: Facts): string[] | undefined {
  const vault = findVault(facts, params.vaultId);
  return isStale(vault) ? undefined : policyKeysOf(ownerOf(params), vault);
}

export const addAccessPolicyPermissions: StepSpec<"AddAccessPolicyPermissions"> = {
  capability: "access",
  permission: () => actions("Microsoft.KeyVault/vaults/accessPolicies/write"),
  undo: ({ keys, vaultId }) => `take ${keys.join(", ")} off the principal's access policy on ${vaultId} again`,
  // `az keyvault set-policy` replaces a principal's key permissions; this operation adds to them.
  az: (params) => {
    const principal = azPrincipal(params);
    const isKnown = typeof principal === "string";
    const policy = { tenantId: params.tenantId, objectId: isKnown ? principal : BLANK, permissions: { keys: params.keys } };
    const full = params.applicationId === null ? policy : { ...policy, applicationId: params.applicationId };
    const body = { properties: { accessPolicies: [full] } };
    return [azRest("put", `${params.vaultId}/accessPolicies/add`, API_VERSION, body, isKnown ? undefined : principal)];
  },
  on: ({ vaultId }) => vaultId,
  touches: touchesPrincipal,
  about: null,
  tells: null,
  key: (params) => [...onId(params.vaultId), granteeId(params), params.applicationId ?? ""],
  sets: ({ keys }) => keys.map((key) => key.toLowerCase()).toSorted(),
  precondition: (params, facts) => {
    const vault = findVault(facts, params.vaultId);
    if (isStale(vault)) return vault;
    const wrong = checkGrantee(params, facts);
    if (wrong) return wrong;
    if (vault.permissionModel !== "policies") return stale("the vault was switched to Azure RBAC");
    const mine = policiesOf(ownerOf(params), vault);
    const has = (key: string): boolean => mine.some(({ keys }) => keys.some((one) => sameText(one, key) || sameText(one, "all")));
    return params.keys.every(has) ? "done" : "todo";
  },
  shows: keysOf,
  beside: (params, facts) => {
    const others = besideOnVault(facts, params.vaultId, policyName(ownerOf(params)));
    return others && { ...others, ...moreThan("the principal's permissions", keysOf(params, facts), params.keys) };
  },
  takenBackBy: null,
  merge: (first, second) => ({ ...first, keys: withAll(first.keys, second.keys) }),
  // Microsoft Learn, "Configure customer-managed keys" (get, wrapKey, unwrapKey) and "Data encryption at rest in vCore" (list as well).
  forbids: ({ keys }) =>
    keys.every((key) => ALLOWED.includes(key)) ? undefined : "only reading, listing, wrapping and unwrapping is ever granted",
  grants: "policy",
  widens: true,
  isUndo: false,
  switchesIdentity: false,
  counts: null,
};
