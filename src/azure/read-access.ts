/**
 * Reads what Azure RBAC says of one principal at one key. Make one reader per look: it keeps the role definitions it has
 * read, and a custom role may change between two looks.
 */
import type {
  DenyAssignment as SdkDeny,
  Permission,
  RoleAssignment as SdkAssignment,
  RoleDefinition as SdkDefinition,
} from "@azure/arm-authorization";
import { byId, isUnder, normalId, parseArmId } from "../domain/arm-id.ts";
import type { AccessFacts, DenyAssignment, Held, RoleAssignment, RoleDefinition, RolePermission, Unreadable } from "../domain/facts.ts";
import { actions } from "../domain/steps/spec.ts";
import { callAzure, collect, toUnreadable } from "./call-azure.ts";
import type { CallEnding } from "./call-azure.ts";
import type { Clients } from "./clients.ts";
import { parseResourcePath, scopePath } from "./resource-path.ts";

export type ReadAccess = (request: { principalId: string; keyScope: string; keyName: string }) => Promise<AccessFacts>;

/** Permission. */
export const READ_ACCESS = actions(
  "Microsoft.Authorization/roleAssignments/read",
  "Microsoft.Authorization/roleDefinitions/read",
  "Microsoft.Authorization/denyAssignments/read",
);

type Authorization = ReturnType<Clients["authorization"]>;

export function createReadAccess(clients: Pick<Clients, "authorization">): ReadAccess {
  const definitions = new Map<string, Promise<RoleDefinition>>();
  const denials = new Map<string, Promise<CallEnding<SdkDeny[]>>>();
  const definition = (client: Authorization, id: string): Promise<RoleDefinition> => {
    const known = definitions.get(normalId(id));
    if (known !== undefined) return known;
    const asked = readDefinition(client, id);
    definitions.set(normalId(id), asked);
    return asked;
  };
  /** The same for every principal. */
  const deniesAt = (client: Authorization, keyScope: string): Promise<CallEnding<SdkDeny[]>> => {
    const asked = denials.get(keyScope) ?? readDenies(client, keyScope);
    denials.set(keyScope, asked);
    return asked;
  };

  return async ({ principalId, keyScope, keyName }) => {
    const about = { principalId, keyName, keyScope };
    const client = clients.authorization(parseResourcePath(keyScope).subscriptionId);
    const [assigned, denies] = await Promise.all([readAssignments(client, keyScope, principalId), deniesAt(client, keyScope)]);
    if (!assigned.list.ok) return { ...about, ...toUnreadable(assigned.list.failure) };
    if (!denies.ok) return { ...about, ...toUnreadable(denies.failure) };
    const assignments = byId(assigned.list.value.map(assignmentFacts));
    const roleIds = [...new Set(assignments.map((assignment) => assignment.roleDefinitionId))];
    return {
      ...about,
      state: "read",
      viaGroups: assigned.viaGroups,
      assignments,
      definitions: await Promise.all(roleIds.map((id) => definition(client, id))),
      denies: byId(denies.value.map(denyFacts)),
    };
  };
}

/** Permission. */
export const READ_HELD = actions("Microsoft.Authorization/roleAssignments/read");

export type ReadHeld = (vaultId: string) => Promise<Held | Unreadable>;

/** A subscription may have 4,000 (Microsoft Learn, "Troubleshoot Azure RBAC limits"); they are remembered with the vault. */
const HELD_KEPT = 200;

/** own: at the vault or below it. */
export const heldOf = (own: readonly RoleAssignment[]): Held => ({
  assignments: byId(own).slice(0, HELD_KEPT),
  left: Math.max(0, own.length - HELD_KEPT),
});

/** Without a filter the list has those above and below the scope too (Microsoft Learn, "List Azure role assignments using the REST API"). */
export function createReadHeld(clients: Pick<Clients, "authorization">): ReadHeld {
  return async (vaultId) => {
    const client = clients.authorization(parseResourcePath(vaultId).subscriptionId);
    const listed = await callAzure("read role assignments", vaultId, () =>
      collect(client.roleAssignments.listForScope(scopePath(vaultId))),
    );
    if (!listed.ok) return toUnreadable(listed.failure);
    return heldOf(listed.value.map(assignmentFacts).filter(({ scope }) => isUnder(vaultId, scope)));
  };
}

/**
 * REST reference, "Role Assignments - List For Scope" (atScope(), assignedTo(), principalId eq); "Deny Assignments - List For Scope" has no
 * filter that resolves groups. Through groups where the service resolves them; it may refuse to, e.g. without sight of the directory: then direct ones only.
 */
async function readAssignments(
  client: Authorization,
  keyScope: string,
  principalId: string,
): Promise<{ list: CallEnding<SdkAssignment[]>; viaGroups: boolean }> {
  const list = (filter: string): Promise<CallEnding<SdkAssignment[]>> => listAssignments(client, keyScope, filter);
  const transitive = await list(`atScope() and assignedTo('${principalId}')`);
  if (transitive.ok) return { list: transitive, viaGroups: true };
  // Direct ones at, above or below; nothing is below a key.
  return { list: await list(`principalId eq '${principalId}'`), viaGroups: false };
}

const listAssignments = (client: Authorization, scope: string, filter: string): Promise<CallEnding<SdkAssignment[]>> =>
  callAzure("read role assignments", scope, () => collect(client.roleAssignments.listForScope(scopePath(scope), { filter })));

/** What one principal has in a subscription, through groups too: at it, above and below ("List Azure role assignments using the REST API", assignedTo). */
export function createReadAssigned(clients: Pick<Clients, "authorization">) {
  return async (subscriptionId: string, principalId: string): Promise<RoleAssignment[] | Unreadable> => {
    const scope = `/subscriptions/${subscriptionId}`;
    const listed = await listAssignments(clients.authorization(subscriptionId), scope, `assignedTo('${principalId}')`);
    return listed.ok ? listed.value.map(assignmentFacts) : toUnreadable(listed.failure);
  };
}

/** A definition is read by its id, wherever it was made: whose client asks makes no difference. */
export const createReadDefinition =
  (clients: Pick<Clients, "authorization" | "subscriptionIds">) =>
  (id: string): Promise<RoleDefinition> =>
    readDefinition(clients.authorization(parseArmId(id)?.subscriptionId ?? clients.subscriptionIds[0]!), id);

function readDenies(client: Authorization, keyScope: string): Promise<CallEnding<SdkDeny[]>> {
  const filter = "atScope()";
  return callAzure("read deny assignments", keyScope, () => collect(client.denyAssignments.listForScope(scopePath(keyScope), { filter })));
}

async function readDefinition(client: Authorization, id: string): Promise<RoleDefinition> {
  if (!parseArmId(id)) return { id, roleName: "", permissions: null };
  const read = await callAzure("read role definition", id, () => client.roleDefinitions.getById(scopePath(id)));
  if (!read.ok) return { id, roleName: "", permissions: null };
  return definitionFacts(id, read.value);
}

export const definitionFacts = (
  id: string,
  { roleName, permissions }: Pick<SdkDefinition, "roleName" | "permissions">,
): RoleDefinition => ({
  id,
  roleName: roleName ?? "",
  permissions: (permissions ?? []).map(permissionFacts),
});

const permissionFacts = (permission: Permission): RolePermission => ({
  actions: permission.actions ?? [],
  notActions: permission.notActions ?? [],
  dataActions: permission.dataActions ?? [],
  notDataActions: permission.notDataActions ?? [],
});

/** Command-line tools write an empty one to take a condition off. */
const writtenOrNone = (text: string | null | undefined): string | null => (text?.trim() ? text : null);

export const assignmentFacts = (assignment: SdkAssignment): RoleAssignment => ({
  id: assignment.id ?? "",
  name: assignment.name ?? "",
  scope: assignment.scope ?? "",
  roleDefinitionId: assignment.roleDefinitionId ?? "",
  principalId: assignment.principalId ?? "",
  principalType: assignment.principalType ?? "Unknown",
  condition: writtenOrNone(assignment.condition),
  conditionVersion: writtenOrNone(assignment.conditionVersion),
  description: assignment.description ?? null,
  createdOn: (assignment.updatedOn ?? assignment.createdOn)?.toISOString() ?? null,
});

export const denyFacts = (deny: SdkDeny): DenyAssignment => ({
  id: deny.id ?? "",
  name: deny.denyAssignmentName ?? deny.name ?? "",
  scope: deny.scope ?? "",
  permissions: (deny.permissions ?? []).map(permissionFacts),
  principals: principals(deny.principals),
  excludePrincipals: principals(deny.excludePrincipals),
  doesNotApplyToChildScopes: deny.doNotApplyToChildScopes === true,
  condition: writtenOrNone(deny.condition),
  changedOn: (deny.updatedOn ?? deny.createdOn)?.toISOString() ?? null,
});

const principals = (list: SdkDeny["principals"]): { id: string; type: string }[] =>
  (list ?? []).map((principal) => ({ id: principal.id ?? "", type: principal.type ?? "Unknown" }));
