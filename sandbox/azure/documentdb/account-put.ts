/** Reads the PUT of an account: what it makes, or what it puts in the place of what was there. */
import { listAt, objectAt, textAt } from "../json.ts";
import type { Call } from "../routes.ts";
import type { Account, JsonObject } from "../world.ts";
import { defaultProperties } from "./account-body.ts";
import { newAccount } from "./account-new.ts";
import { readChange, requireNoDedicatedStorage, requireUsableIdentities } from "./account-rules.ts";
import type { AccountChange } from "./account-rules.ts";
import { badRequest } from "./errors.ts";
import { setSystemIdentity, typeOf } from "./identity.ts";

/** A first PUT may carry identity, default identity and key together (recorded: azure-cli test_cosmosdb_managed_service_identity.yaml). */
export function createAccount(call: Call, groupId: string): { account: Account; change: AccountChange } {
  const { world } = call;
  const name = call.params["accountName"]!;
  if (name.length < 3 || name.length > 44) {
    throw badRequest(
      world,
      `DatabaseAccount name '${name}' is not valid since it is less than 3 characters or more than 44 characters long.`,
    );
  }
  const properties = requireLocations(call);
  const body = objectAt(call.body);
  const account = newAccount(world, {
    name,
    groupId,
    location: textAt(body["location"]) || textAt(objectAt(listAt(properties["locations"])[0])["locationName"]),
    kind: textAt(body["kind"]) || "GlobalDocumentDB",
  });
  // Shown while Creating already, and looked at by the rules below; taken back if they refuse.
  account.provisioningState = "Creating";
  try {
    return { account, change: fill(call, account) };
  } catch (error) {
    world.accounts.delete(account.id.toLowerCase());
    throw error;
  }
}

function fill(call: Call, account: Account): AccountChange {
  const change = readChange(call, account);
  Object.assign(account.properties, change.plain);
  const fallsTo = change.defaultIdentity ?? "FirstPartyIdentity";
  if (fallsTo === "SystemAssignedIdentity") {
    // troubleshoot-cmk.md 1.6
    throw badRequest(
      call.world,
      "Updating default identity not allowed. Cannot set SystemAssignedIdentity as the default identity during provision.",
    );
  }
  requireUsableIdentities(call, account, change);
  if (change.keyVaultKeyUri !== undefined && fallsTo === "FirstPartyIdentity") requireNoDedicatedStorage(call, account);
  account.tags = change.tags ?? {};
  account.defaultIdentity = fallsTo;
  account.keyVaultKeyUri = change.keyVaultKeyUri;
  for (const id of change.identity?.add ?? []) account.identity.userAssigned.set(id, { principalId: "", clientId: "" });
  if (change.identity?.system) setSystemIdentity(call.world, account, true);
  account.identity.type = typeOf(account.identity);
  return change;
}

/**
 * A PUT over an existing account. Without a default identity it falls back to FirstPartyIdentity (terraform-provider-azurerm
 * issue 22466); attached identities stay unless removed by name; the key stays, for it can't be taken away.
 */
export function readReplacement(call: Call, account: Account): { change: AccountChange; properties: JsonObject } {
  requireLocations(call);
  const change = readChange(call, account);
  if (change.keyVaultKeyUri !== undefined && change.keyVaultKeyUri !== account.keyVaultKeyUri) {
    throw badRequest(call.world, "Cannot update Customer Managed Key settings and other properties at the same time.");
  }
  delete change.keyVaultKeyUri;
  if (change.defaultIdentity === undefined) Object.assign(change, { defaultIdentity: "FirstPartyIdentity", fallsBack: true });
  change.tags ??= {};
  const { instanceId, createMode, restoreParameters } = account.properties;
  return { change, properties: { ...defaultProperties(), instanceId, createMode, restoreParameters, ...change.plain } };
}

function requireLocations(call: Call): JsonObject {
  const properties = objectAt(objectAt(call.body)["properties"]);
  if (listAt(properties["locations"]).length > 0) return properties;
  throw badRequest(call.world, "The member 'locations' of the request's properties is missing or empty.");
}
