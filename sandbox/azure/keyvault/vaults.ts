/** Vaults on the management plane: list, get, create, update, delete, recover. */
import { evaluateAction } from "../authorization/evaluate.ts";
import { AzureError, same, type Call, type Reply, type Route } from "../routes.ts";
import type { JsonObject, Vault, World } from "../world.ts";
import { pollHeaders } from "./operation-results.ts";
import { badRequest, objectOf, textOf } from "./read-body.ts";
import { setting } from "./switches.ts";
import { stampModified } from "./system-data.ts";
import { vaultBody } from "./vault-body.ts";
import { listVaultsByGroup, listVaultsBySubscription } from "./vault-list.ts";
import {
  findVault,
  groupIdOf,
  notAuthorized,
  requireVault,
  sameRegion,
  subscriptionIdOf,
  vaultIdOf,
  vaultNamed,
  vaultUri,
} from "./vault-state.ts";
import { createVault, patchVault, replaceVault } from "./vault-write.ts";

const DAY_MS = 86_400_000;
const ok = (world: World, vault: Vault): Reply => ({ status: 200, body: vaultBody(world, vault) });

function put(call: Call): Reply {
  const body = objectOf(call.body, badRequest);
  const properties = objectOf(body["properties"], badRequest, "properties");
  const location = requireLocation(body);
  const tenantId = textOf(properties["tenantId"], badRequest, "tenantId");
  if (tenantId === undefined || !same(tenantId, call.world.tenantId)) throw badRequest("tenantId");
  if (properties["createMode"] === "recover") return recover(call, location);
  const taken = vaultNamed(call.world, call.params["vaultName"]!);
  if (taken) return replaceTaken(call, taken, body);
  requireValidName(call.params["vaultName"]!);
  const vault = createVault(call, body);
  call.world.vaults.set(vault.id.toLowerCase(), vault);
  const started = call.world.clock.now();
  const ends = started + setting(call.world, "keyvault.registersDnsForMs");
  call.world.clock.at(ends, `DNS of ${vault.name}`, () => {
    vault.provisioningState = "Succeeded";
  });
  return createdReply(call, vault, { started, ends, vaultId: vault.id });
}

/**
 * Up to 2021-06-01-preview: 200 for create too, and no operation headers; no slash at the end of the URI yet (recorded: Azure/azure-cli
 * test_keyvault_network_rule.yaml, 2022-04). From 2026-02-01 the specification has 201 with a Location to follow.
 */
function createdReply(call: Call, vault: Vault, operation: Parameters<typeof pollHeaders>[2]): Reply {
  const body = vaultBody(call.world, vault, vaultUri(vault));
  if (call.apiVersion < "2026-02-01") return { status: 200, body };
  return { status: 201, headers: pollHeaders(call, vault.location, operation), body };
}

function requireLocation(body: JsonObject): string {
  const location = textOf(body["location"], badRequest, "location");
  if (!location) throw new AzureError(400, "LocationRequired", "The location property is required for this definition.");
  return location;
}

function requireValidName(name: string): void {
  if (/^[a-z](?!.*--)[a-z0-9-]{1,22}[a-z0-9]$/i.test(name)) return;
  throw new AzureError(
    400,
    "VaultNameNotValid",
    `The vault name '${name}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must begin with a letter, ` +
      "end with a letter or digit, and not contain consecutive hyphens.",
  );
}

/** Names are unique in all of Azure, and a soft-deleted vault keeps its own (Key Vault: soft-delete-overview.md). */
function replaceTaken(call: Call, taken: Vault, body: JsonObject): Reply {
  if (taken.deleted) {
    throw new AzureError(
      409,
      "ConflictError",
      "A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault. " +
        "Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete.",
    );
  }
  if (!same(taken.id, vaultIdOf(call))) {
    throw new AzureError(
      409,
      "VaultAlreadyExists",
      `The vault name '${taken.name}' is already in use. Vault names are globally unique so it is possible that the name is already taken.`,
    );
  }
  replaceVault(call, taken, body);
  return ok(call.world, taken);
}

/**
 * Recovery gives the old vault back, policies and network included, and ignores every other property of the request
 * (azure-rest-api-specs issue 21306). Role assignments and event subscriptions stay lost (soft-delete-overview.md).
 * Recorded: Azure/azure-cli test_keyvault_softdelete.yaml, 2022-06.
 */
function recover(call: Call, location: string): Reply {
  const action = "Microsoft.KeyVault/locations/deletedVaults/read";
  const scope = subscriptionIdOf(call);
  if (!evaluateAction(call.world, call.caller.oid, action, scope).allowed) throw notAuthorized(call, action, scope);
  const vault = vaultNamed(call.world, call.params["vaultName"]!);
  if (!vault?.deleted || !same(vault.id, vaultIdOf(call)) || !sameRegion(vault.location, location)) {
    throw new AzureError(
      400,
      "SoftDeletedVaultDoesNotExist",
      "A soft deleted vault with the given name does not exist. Ensure that the name for the vault that is being attempted to recover is in a recoverable state.",
    );
  }
  vault.deleted = undefined;
  vault.provisioningState = "Succeeded";
  stampModified(call, vault);
  return ok(call.world, vault);
}

function patch(call: Call): Reply {
  const vault = requireVault(call);
  patchVault(call, vault, objectOf(call.body, badRequest));
  return ok(call.world, vault);
}

function remove(call: Call): Reply {
  const vault = findVault(call);
  if (!vault) return { status: 204 };
  softDelete(call.world, vault);
  return { status: 200 };
}

/** Keys stay, as they are; grants at and below the vault and the subscriptions to its events go, for good. */
function softDelete(world: World, vault: Vault): void {
  const now = world.clock.now();
  vault.deleted = { at: now, purgeAt: now + vault.softDeleteRetentionInDays * DAY_MS };
  const id = vault.id.toLowerCase();
  for (const [key, assignment] of world.roleAssignments) {
    if (`${assignment.scope.toLowerCase()}/`.startsWith(`${id}/`)) world.roleAssignments.delete(key);
  }
  for (const [key, subscription] of world.eventSubscriptions) {
    const topic = world.systemTopics.get(subscription.topicId.toLowerCase());
    if (topic && same(topic.source, vault.id)) world.eventSubscriptions.delete(key);
  }
  // What subscribes anew later sees expiry events of new versions only (event-grid-overview.md, warning).
  for (const key of vault.keys.values()) for (const version of key.versions) version.notifies = false;
}

const VAULTS = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.KeyVault/vaults";
const VAULT = `${VAULTS}/{vaultName}`;
const READ = "Microsoft.KeyVault/vaults/read";
const WRITE = "Microsoft.KeyVault/vaults/write";
const DELETE = "Microsoft.KeyVault/vaults/delete";

export const vaultRoutes: Route[] = [
  {
    method: "GET",
    pattern: "/subscriptions/{subscriptionId}/providers/Microsoft.KeyVault/vaults",
    action: READ,
    scopeOf: subscriptionIdOf,
    handle: listVaultsBySubscription,
  },
  { method: "GET", pattern: VAULTS, action: READ, scopeOf: groupIdOf, handle: listVaultsByGroup },
  { method: "GET", pattern: VAULT, action: READ, handle: (call) => ok(call.world, requireVault(call)) },
  { method: "PUT", pattern: VAULT, action: WRITE, event: WRITE, handle: put },
  { method: "PATCH", pattern: VAULT, action: WRITE, event: WRITE, handle: patch },
  { method: "DELETE", pattern: VAULT, action: DELETE, event: DELETE, handle: remove },
];
