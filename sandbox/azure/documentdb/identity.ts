/**
 * The identity block of accounts and clusters: what a request asks for, whether it may, what comes of it.
 * An id left out means "no change" and null removes, on PATCH and PUT alike (pulumi-azure-native issue 4635, azure-cli PR 19533;
 * recorded: azure-cli test_cosmosdb_managed_service_identity.yaml, 2022-04).
 */
import { ASSIGN_IDENTITY, linkedAuthorizationFailed, mayOn } from "../authorization/linked-scopes.ts";
import { isObject } from "../json.ts";
import { AzureError, same } from "../routes.ts";
import type { Call } from "../routes.ts";
import type { AttachedIdentity, IdentityBlock, Json, JsonObject, World } from "../world.ts";
import type { Database, OperationFailure } from "./state.ts";

/** `add` and `remove` are the ids as sent. */
export type IdentityRequest = { system: boolean; user: boolean; add: string[]; remove: string[] };

const TYPES: Record<string, { system: boolean; user: boolean }> = {
  none: { system: false, user: false },
  systemassigned: { system: true, user: false },
  userassigned: { system: false, user: true },
  "systemassigned,userassigned": { system: true, user: true },
};

/** Undefined: not an identity block that the service knows. */
export function readIdentity(body: Json | undefined, current: IdentityBlock): IdentityRequest | undefined {
  if (!isObject(body)) return undefined;
  const type = typeof body["type"] === "string" ? body["type"] : current.type;
  const kinds = TYPES[type.replaceAll(" ", "").toLowerCase()];
  const map = body["userAssignedIdentities"];
  if (!kinds || (map !== undefined && !isObject(map))) return undefined;
  // `{"type":"None","userAssignedIdentities":null}` is refused (azure-rest-api-specs issue 25222): the map must be left out.
  const entries = Object.entries(map ?? {});
  if (!kinds.user && entries.some(([, v]) => v !== null)) return undefined;
  return {
    ...kinds,
    add: entries.filter(([, v]) => v !== null).map(([id]) => id),
    remove: entries.filter(([, v]) => v === null).map(([id]) => id),
  };
}

export function attached(block: IdentityBlock, id: string): AttachedIdentity | undefined {
  return [...block.userAssigned].find(([key]) => same(key, id))?.[1];
}

/** Every identity named in a request must exist, also one that is attached already: a stale id among good ones fails the whole request. */
export function requireAttachable(call: Call, database: Database, request: IdentityRequest, type: string): void {
  for (const id of request.add) {
    const live = call.world.identities.get(id.toLowerCase());
    const known = attached(database.identity, id);
    const news = !known || known.principalId !== live?.principalId;
    if (news && !mayOn(call, ASSIGN_IDENTITY, id)) throw linkedAuthorizationFailed(call, { type, id: database.id }, ASSIGN_IDENTITY, id);
    if (!live) throw failedIdentityOperation(database.id, id);
  }
}

/** Seen in Azure/aad-pod-identity issue 515. */
function failedIdentityOperation(databaseId: string, id: string): AzureError {
  const inner = `{"error":{"code":"BadRequest","message":"Resource '${id.toLowerCase()}' was not found."}}`;
  const message = `Identity operation for resource '${databaseId}' failed with error 'Failed to perform resource identity operation. Status: 'BadRequest'. Response: '${inner}'.'.`;
  return new AzureError(400, "FailedIdentityOperation", message);
}

/** Attaching a listed identity again renews its principal (azure-cli PR 25712): it may have been made anew under the same name. */
export function applyIdentity(world: World, database: Database, request: IdentityRequest): OperationFailure | undefined {
  const gone = request.add.find((id) => !world.identities.has(id.toLowerCase()));
  if (gone !== undefined) {
    const { code, message } = failedIdentityOperation(database.id, gone);
    return { code, message };
  }
  const { userAssigned } = database.identity;
  const keyOf = (id: string): string => [...userAssigned.keys()].find((k) => same(k, id)) ?? id;
  if (!request.user) userAssigned.clear();
  for (const id of request.remove) userAssigned.delete(keyOf(id));
  for (const id of request.add) {
    const { principalId, clientId } = world.identities.get(id.toLowerCase())!;
    userAssigned.set(keyOf(id), { principalId, clientId });
  }
  setSystemIdentity(world, database, request.system);
  database.identity.type = typeOf(database.identity);
  return undefined;
}

/** Switched off and on again it is another principal (recorded, as above). */
export function setSystemIdentity(world: World, database: Database, on: boolean): void {
  const { identity } = database;
  if (on === (identity.principalId !== undefined)) return;
  if (!on) {
    world.principals.delete(identity.principalId!);
    delete identity.principalId;
    return;
  }
  const oid = world.random.guid("documentdb.principal");
  const appid = world.random.guid("documentdb.principal");
  world.principals.set(oid, { oid, appid, name: database.name, type: "ServicePrincipal", appRoles: [], keymend: false, memberOf: [] });
  identity.principalId = oid;
}

export function typeOf(block: IdentityBlock): IdentityBlock["type"] {
  const user = block.userAssigned.size > 0;
  if (block.principalId === undefined) return user ? "UserAssigned" : "None";
  return user ? "SystemAssigned,UserAssigned" : "SystemAssigned";
}

/** As recorded since 2023-04-15: a user-assigned block has a tenantId too. `pending`: the create that attaches shows empty values. */
export function identityBody(world: World, block: IdentityBlock, pending: boolean): JsonObject {
  if (block.type === "None") return { type: "None" };
  const users: JsonObject = {};
  for (const [id, v] of block.userAssigned) users[id] = pending ? {} : { principalId: v.principalId, clientId: v.clientId };
  return {
    type: block.type,
    ...(block.principalId === undefined ? {} : { principalId: block.principalId }),
    tenantId: world.tenantId,
    ...(block.userAssigned.size === 0 ? {} : { userAssignedIdentities: users }),
  };
}
