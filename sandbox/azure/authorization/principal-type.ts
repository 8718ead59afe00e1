/**
 * Is there such a principal, and of what type? A new one takes a while to reach the directory that RBAC asks; naming its type skips that.
 * Source: MicrosoftDocs/azure-docs role-based-access-control/troubleshooting.md, "Unable to assign a role to a new security principal".
 */
import { AzureError } from "../routes.ts";
import { switchOf } from "../switches.ts";
import type { World } from "../world.ts";

export function checkedPrincipalType(world: World, principalId: string, sent: string | undefined): string {
  const principal = world.principals.get(principalId.toLowerCase());
  const known = principal !== undefined && (principal.replicatedAt ?? 0) <= world.clock.now();
  if (!known && sent !== undefined && (principal || switchOf(world, "rbacGrantsToUnknownPrincipal"))) return sent;
  if (!principal || !known) throw notFound(world, principalId);
  if (sent !== undefined && sent.toLowerCase() !== principal.type.toLowerCase()) {
    // Azure's own spelling, as reported in Azure/azure-dev issue 3581.
    throw new AzureError(
      400,
      "UnmatchedPrincipalType",
      `The PrincipalId '${principalId.replaceAll("-", "")}' has type '${principal.type}' , which is different from specified PrinciaplType '${sent}'.`,
    );
  }
  return principal.type;
}

function notFound(world: World, principalId: string): AzureError {
  return new AzureError(
    400,
    "PrincipalNotFound",
    `Principal ${principalId.replaceAll("-", "")} does not exist in the directory ${world.tenantId}. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype`,
  );
}
