/**
 * Access policies: stored as sent, one entry a principal, merged and taken away permission by permission.
 * Answer and order as recorded: cloud-custodian KeyVaultTest.test_update_access_policy.json #2, #3.
 */
import { AzureError, same, type Call, type Reply, type Route } from "../routes.ts";
import type { StoredPolicy } from "../world.ts";
import { publishPolicyChanged } from "./events.ts";
import { badRequest, objectOf } from "./read-body.ts";
import { PERMISSION_KINDS, readPolicies, samePrincipal } from "./stored-policy.ts";
import { stampModified } from "./system-data.ts";
import { requireVault, vaultIdOf } from "./vault-state.ts";

/** Both entries' permissions, each word once, the older first. */
function merged(old: StoredPolicy, more: StoredPolicy): StoredPolicy {
  const permissions: StoredPolicy["permissions"] = {};
  for (const kind of PERMISSION_KINDS) {
    const words = [...(old.permissions[kind] ?? []), ...(more.permissions[kind] ?? [])];
    const present = old.permissions[kind] ?? more.permissions[kind];
    if (present) permissions[kind] = words.filter((w, i) => words.findIndex((x) => same(x, w)) === i);
  }
  return { ...old, permissions };
}

/** What is left; undefined where nothing is. */
function without(old: StoredPolicy, less: StoredPolicy): StoredPolicy | undefined {
  const permissions: StoredPolicy["permissions"] = {};
  for (const kind of PERMISSION_KINDS) {
    const kept = old.permissions[kind]?.filter((w) => !less.permissions[kind]?.some((x) => same(x, w)));
    if (kept) permissions[kind] = kept;
  }
  return PERMISSION_KINDS.some((kind) => permissions[kind]?.length) ? { ...old, permissions } : undefined;
}

function apply(kind: string, policies: StoredPolicy[], sent: StoredPolicy): StoredPolicy[] {
  const old = policies.find((p) => samePrincipal(p, sent));
  const others = policies.filter((p) => p !== old);
  if (kind === "remove") {
    const left = old && without(old, sent);
    return left ? [...others, left] : others;
  }
  return [...others, old && kind === "add" ? merged(old, sent) : sent];
}

function update(call: Call): Reply {
  const vault = requireVault(call);
  const kind = (call.params["operationKind"] ?? "").toLowerCase();
  if (!["add", "replace", "remove"].includes(kind)) throw badRequest("operationKind");
  const properties = objectOf(objectOf(call.body, badRequest)["properties"], badRequest, "properties");
  if (properties["accessPolicies"] === undefined) throw new AzureError(400, "BadRequest", "The parameter accessPolicies is not specified.");
  const sent = readPolicies(call.world, properties["accessPolicies"]);
  for (const policy of sent) vault.accessPolicies = apply(kind, vault.accessPolicies, policy);
  stampModified(call, vault);
  publishPolicyChanged(call.world, vault);
  // The id ends in a slash, there is no name, and only what was sent comes back, not the merged list.
  const body = {
    id: `${vault.id}/accessPolicies/`,
    type: "Microsoft.KeyVault/vaults/accessPolicies",
    properties: { accessPolicies: sent },
  };
  return { status: 200, body };
}

export const accessPolicyRoutes: Route[] = [
  {
    method: "PUT",
    pattern:
      "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.KeyVault/vaults/{vaultName}/accessPolicies/{operationKind}",
    action: "Microsoft.KeyVault/vaults/accessPolicies/write",
    event: "Microsoft.KeyVault/vaults/accessPolicies/write",
    scopeOf: vaultIdOf,
    handle: update,
  },
];
