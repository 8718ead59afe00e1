/** Gives one principal its access to a key back, by role assignment or by access policy, or takes away just what a step names. */
import type { RoleAssignment, RoleAssignmentCreateParameters } from "@azure/arm-authorization";
import { createHash } from "node:crypto";
import { roleGuid } from "../domain/access/access.ts";
import { normalId, parseArmId } from "../domain/arm-id.ts";
import { InvariantError } from "../domain/errors.ts";
import { classifyError } from "./classify-error.ts";
import type { Clients, Sides } from "./clients.ts";
import { parseResourcePath, scopePath } from "./resource-path.ts";
import { done, refused } from "./step-result.ts";
import type { StepResult, Writes } from "./step-result.ts";

type AccessSteps =
  | "RestoreRoleAssignment"
  | "GrantKeyRole"
  | "AddAccessPolicyPermissions"
  | "RemoveGrant"
  | "RemoveAccessPolicyPermissions";

/** Permission: Microsoft.Authorization/roleAssignments/write and delete; for policies Microsoft.KeyVault/vaults/accessPolicies/write. */
export function createAccessWrites({
  reads,
  writes,
}: Sides<"vaults", "authorization" | "vaults" | "subscriptionIds">): Writes<AccessSteps> {
  return {
    RestoreRoleAssignment: async ({ scope, name, condition, conditionVersion, description, ...grant }) => {
      const parameters: RoleAssignmentCreateParameters = {
        principalId: known(grant.principalId),
        roleDefinitionId: wholeRoleId(scope, grant.roleDefinitionId),
        principalType: grant.principalType,
        ...(condition === null ? {} : { condition }),
        ...(conditionVersion === null ? {} : { conditionVersion }),
        ...(description === null ? {} : { description }),
      };
      return assign(writes, scope, [name, assignmentName(scope, parameters)], parameters);
    },

    GrantKeyRole: async ({ scope, principalId, roleDefinitionId }) => {
      const parameters: RoleAssignmentCreateParameters = {
        principalId: known(principalId),
        roleDefinitionId: wholeRoleId(scope, roleDefinitionId),
        // Spares the directory's replication delay (Microsoft Learn, "Troubleshoot Azure RBAC", PrincipalNotFound), and delegations with a
        // condition on it demand it ("Delegate Azure role assignment management to others with conditions").
        principalType: "ServicePrincipal",
      };
      return assign(writes, scope, [assignmentName(scope, parameters)], parameters);
    },

    AddAccessPolicyPermissions: async ({ vaultId, tenantId, principalId, applicationId, keys }) => {
      const { subscriptionId, resourceGroup, name } = parseResourcePath(vaultId);
      const objectId = known(principalId);
      const { accessPolicies = [] } = (await reads.vaults(subscriptionId).vaults.get(resourceGroup, name)).properties;
      const own = accessPolicies.find(
        (policy) =>
          isSame(policy.tenantId, tenantId) && isSame(policy.objectId, objectId) && isSame(policy.applicationId ?? "", applicationId ?? ""),
      );
      const present = own?.permissions.keys ?? [];
      const lacking = keys.filter((key) => !present.some((word) => isSame(word, key) || isSame(word, "all")));
      if (lacking.length === 0) return done(`${objectId} has ${keys.join(", ")} already`);
      // `add` merges (recorded: cloud-custodian KeyVaultTest.test_update_access_policy.json); what the principal has is sent along, so that nothing is lost should it ever replace.
      const policy = {
        tenantId,
        objectId,
        ...(applicationId === null ? {} : { applicationId }),
        permissions: { keys: [...present, ...lacking] },
      };
      await writes
        .vaults(subscriptionId)
        .vaults.updateAccessPolicy(resourceGroup, name, "add", { properties: { accessPolicies: [policy] } });
      return done(`${objectId} got ${lacking.join(", ")} on vault ${name}`);
    },

    // One that is not there is answered 204 (REST specification of Microsoft.Authorization, RoleAssignments_Delete).
    RemoveGrant: async ({ scope, name }) => {
      await authorizationAt(writes, scope).roleAssignments.delete(scopePath(scope), name);
      return done(`role assignment ${name} at ${scope} is deleted`);
    },

    RemoveAccessPolicyPermissions: async ({ vaultId, tenantId, holder, keys }) => {
      const { subscriptionId, resourceGroup, name } = parseResourcePath(vaultId);
      // `remove` takes away what is sent and leaves the rest (recorded: cloud-custodian KeyVaultTest.test_update_access_policy.json).
      const policy = { tenantId, objectId: holder, permissions: { keys } };
      await writes
        .vaults(subscriptionId)
        .vaults.updateAccessPolicy(resourceGroup, name, "remove", { properties: { accessPolicies: [policy] } });
      return done(`${keys.join(", ")} were taken off the access policy of ${holder} on vault ${name}`);
    },
  };
}

/** What was made otherwise than it was asked for, in words; nothing where the answer does not say what was made. */
function otherThan(made: RoleAssignment, asked: RoleAssignmentCreateParameters): string[] {
  if (made.principalId === undefined) return [];
  const pairs = [
    ["principal", asked.principalId, made.principalId],
    ["role", roleGuid(asked.roleDefinitionId), roleGuid(made.roleDefinitionId ?? "")],
    // An empty one is none.
    ["condition", asked.condition ?? "", made.condition ?? ""],
  ] as const;
  return pairs.flatMap(([what, wanted, got]) => (isSame(wanted, got) ? [] : [`asked for ${what} '${wanted}', got '${got}'`]));
}

/** A scope above all subscriptions is asked for through any of them; Azure then says whether that is allowed. */
const authorizationAt = (clients: Pick<Clients, "authorization" | "subscriptionIds">, scope: string) =>
  clients.authorization(parseArmId(scope)?.subscriptionId ?? clients.subscriptionIds[0] ?? "");

/** Tries the names in turn: one may be taken by the assignment of another principal, for names are unique in the whole tenant. */
async function assign(
  clients: Pick<Clients, "authorization" | "subscriptionIds">,
  scope: string,
  names: string[],
  parameters: RoleAssignmentCreateParameters,
): Promise<StepResult> {
  const client = authorizationAt(clients, scope);
  const [name, ...others] = names;
  if (name === undefined) throw new InvariantError(`no name to assign a role at ${scope} with`);
  try {
    const made = await client.roleAssignments.create(scopePath(scope), name, parameters);
    const differing = otherThan(made, parameters);
    if (differing.length === 0) return done(`role assignment ${made.name ?? name} at ${scope}`);
    // What was made is not what was meant, and nobody wants it deleted by name: that is a person's.
    const undo = `to undo it, delete role assignment ${made.name ?? name} at ${scope}`;
    return refused("AnsweredOtherwise", "OtherValue", [...differing, undo].join("; "));
  } catch (error) {
    const { code, message } = classifyError(error);
    if (code === "RoleAssignmentExists") return done(message);
    if (code === "RoleAssignmentUpdateNotPermitted" && others.length > 0) return assign(clients, scope, others, parameters);
    throw error;
  }
}

/**
 * The same grant gets the same name, so that a repeated step finds its own assignment. The principal is part of it: a re-created identity is
 * another one, and a name that is another principal's is refused (Microsoft Learn, "Troubleshoot Azure RBAC", RoleAssignmentUpdateNotPermitted).
 */
export function assignmentName(scope: string, grant: { principalId: string; roleDefinitionId: string }): string {
  const hash = createHash("sha256")
    .update([normalId(scope), grant.principalId.toLowerCase(), roleGuid(grant.roleDefinitionId)].join("|"))
    .digest("hex");
  // A UUID of version 8: made by a hash of one's own choice (RFC 9562).
  return [hash.slice(0, 8), hash.slice(8, 12), `8${hash.slice(13, 16)}`, `a${hash.slice(17, 20)}`, hash.slice(20, 32)].join("-");
}

/** Always with the subscription's id in front where there is one. Recorded: Azure/azure-cli test_role_assignment_no_graph.yaml, 2025-11 */
function wholeRoleId(scope: string, role: string): string {
  const { subscriptionId } = parseArmId(scope) ?? {};
  if (role.includes("/")) return role;
  return `${subscriptionId ? `/subscriptions/${subscriptionId}` : ""}/providers/Microsoft.Authorization/roleDefinitions/${role}`;
}

function known(principalId: string | null): string {
  if (principalId === null) throw new InvariantError("the principal is still to be created: the step is not ready");
  return principalId;
}

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
