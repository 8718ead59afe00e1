/** Reads access policies as sent: permission words keep their casing, only the kinds that were sent are kept. */
import { same } from "../routes.ts";
import type { Json, StoredPolicy, World } from "../world.ts";
import { arrayOf, badRequest, objectOf, textOf, textsOf } from "./read-body.ts";

export const PERMISSION_KINDS = ["keys", "secrets", "certificates", "storage"] as const;

export const samePrincipal = (a: StoredPolicy, b: StoredPolicy): boolean =>
  same(a.objectId, b.objectId) && same(a.tenantId, b.tenantId) && same(a.applicationId ?? "", b.applicationId ?? "");

export function readPolicies(world: World, value: Json | undefined): StoredPolicy[] {
  const policies = arrayOf(value, badRequest, "accessPolicies").map((entry) => readPolicy(world, entry));
  const twice = policies.find((p, i) => policies.findIndex((q) => samePrincipal(p, q)) !== i);
  if (twice) throw badRequest("accessPolicies");
  return policies;
}

function readPolicy(world: World, value: Json): StoredPolicy {
  const entry = objectOf(value, badRequest, "accessPolicies");
  const objectId = textOf(entry["objectId"], badRequest, "objectId");
  const tenantId = textOf(entry["tenantId"], badRequest, "tenantId");
  const applicationId = textOf(entry["applicationId"], badRequest, "applicationId");
  // All entries must name the tenant of the vault (Key Vault REST reference: AccessPolicyEntry.tenantId).
  if (!objectId || !tenantId || !same(tenantId, world.tenantId)) throw badRequest(objectId ? "tenantId" : "objectId");
  const sent = objectOf(entry["permissions"], badRequest, "permissions");
  const permissions: StoredPolicy["permissions"] = {};
  for (const kind of PERMISSION_KINDS)
    if (sent[kind] !== undefined) permissions[kind] = textsOf(sent[kind], badRequest, `permissions.${kind}`);
  return { tenantId, objectId, ...(applicationId ? { applicationId } : {}), permissions };
}
