/**
 * May this caller do this on the data plane? The firewall is asked first, then the permission model in force; the other one
 * counts for nothing. Callers are never trusted services here (Key Vault: overview-vnet-service-endpoints.md). Texts as reported.
 */
import { evaluateDataAction, identitiesOf } from "../authorization/evaluate.ts";
import { AzureError } from "../routes.ts";
import type { Caller, Vault, World } from "../world.ts";
import type { DataPermission } from "./data-route.ts";
import { admitsAddress, networkOf } from "./firewall.ts";
import { setting } from "./switches.ts";
import { usesRbac } from "./vault-write.ts";

/** Throws the refusal; else tells the role assignment that allowed the call, if any (x-ms-keyvault-rbac-assignment-id). */
export function authorizeVaultCall(
  world: World,
  vault: Vault,
  caller: Caller,
  permission: DataPermission,
  { keyName }: { keyName?: string | undefined } = {},
): { assignmentId: string | null } {
  passFirewall(world, vault, caller);
  if (!usesRbac(vault)) {
    if (!policyGrants(world, vault, caller.oid, [permission.policy])) throw policyDenial(world, vault, caller, permission.policy);
    return { assignmentId: null };
  }
  // A grant on one key does not reach a list, which names none.
  const scope = keyName ? `${vault.id}/keys/${keyName}` : vault.id;
  const decision = evaluateDataAction(world, caller.oid, permission.dataAction, scope);
  if (decision.allowed) return { assignmentId: decision.assignmentId };
  throw forbidden(rbacDenial(vault, callerText(world, caller), permission.dataAction, scope), "ForbiddenByRbac");
}

const forbidden = (message: string, code: string): AzureError => new AzureError(403, "Forbidden", message, { innererror: { code } });

const callerText = (world: World, { appid, oid }: Caller): string =>
  `appid=${appid};oid=${oid};iss=https://sts.windows.net/${world.tenantId}/`;

const place = (vault: Vault): string => `${vault.name};location=${vault.location}`;

export function rbacDenial(vault: Vault, caller: string, dataAction: string, scope: string): string {
  // The resource in lower case, a space after the reason.
  return (
    "Caller is not authorized to perform action on resource.\r\n" +
    "If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\n" +
    `Caller: ${caller}\r\nAction: '${dataAction}'\r\nResource: '${scope.toLowerCase()}'\r\n` +
    `Assignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: null \r\nVault: ${place(vault)}\r\n`
  );
}

function policyDenial(world: World, vault: Vault, caller: Caller, permission: string): AzureError {
  return forbidden(
    `The user, group or application '${callerText(world, caller)}' does not have keys ${permission} permission on key vault '${place(vault)}'. ` +
      "For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287",
    setting(world, "keyvault.policyDenialCode"),
  );
}

/** Words without regard to case; "all" stands for every one. A policy may name a group that the caller is in. */
export function policyGrants(world: World, vault: Vault, oid: string, permissions: string[]): boolean {
  const identities = new Set([...identitiesOf(world, oid)].map((id) => id.toLowerCase()));
  const words = vault.accessPolicies
    // One with an application id holds only for that application on behalf of a user.
    .filter((p) => !p.applicationId && identities.has(p.objectId.toLowerCase()))
    .flatMap((p) => p.permissions.keys ?? [])
    .map((word) => word.toLowerCase());
  return words.includes("all") || permissions.every((p) => words.includes(p.toLowerCase()));
}

function passFirewall(world: World, vault: Vault, caller: Caller): void {
  const address = setting(world, "keyvault.clientAddress");
  const tail = `Client address: ${address}\r\nCaller: ${callerText(world, caller)}\r\nVault: ${place(vault)}`;
  switch (networkOf(vault)) {
    case "open":
      return;
    case "perimeter":
      throw forbidden(
        `Request was not allowed by NSP rules and the client address is not authorized and caller was ignored because bypass is set to None\r\n${tail}`,
        "ForbiddenByFirewall",
      );
    case "closed":
      throw forbidden(
        "Public network access is disabled and request is not from a trusted service nor via an approved private link.\r\n" +
          `Caller: ${callerText(world, caller)}\r\nVault: ${place(vault)}`,
        setting(world, "keyvault.publicAccessDenialCode"),
      );
    case "rules": {
      if (admitsAddress(vault, address)) return;
      const why =
        vault.networkAcls.bypass.toLowerCase() === "none"
          ? "Client address is not authorized and caller was ignored because bypass is set to None \r\n"
          : "Client address is not authorized and caller is not a trusted service.\r\n";
      throw forbidden(why + tail, "ForbiddenByFirewall");
    }
  }
}
