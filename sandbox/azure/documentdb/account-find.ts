/** Finds accounts by the address of a request, and says it in ARM's words where there is none. Any casing will do. */
import { resourceGroupNotFound } from "../arm/arm-errors.ts";
import { resourceNotFound } from "../arm/not-found.ts";
import type { Call, Reply } from "../routes.ts";
import type { Account, World } from "../world.ts";
import { ACCOUNT_TYPE, accountBody } from "./account-body.ts";

/** On every answer about one account (recorded: azure-powershell TestAnalyticalStorageSchemaTypeUpdateAccount.json, 2024-09). */
export const HEADERS = {
  "content-type": "application/json",
  "cache-control": "no-store, no-cache",
  "x-ms-gatewayversion": "version=2.14.0",
};

export const groupScope = (call: Call): string =>
  `/subscriptions/${call.params["subscriptionId"]}/resourceGroups/${call.params["resourceGroupName"]}`;

/** The group's id as it is stored. */
export function requireGroup(call: Call): string {
  const group = call.world.resourceGroups.get(groupScope(call).toLowerCase());
  if (group) return group.id;
  throw resourceGroupNotFound(call.params["resourceGroupName"]!);
}

export function findAccount(call: Call): Account | undefined {
  const id = `${requireGroup(call)}/providers/${ACCOUNT_TYPE}/${call.params["accountName"]}`;
  return call.world.accounts.get(id.toLowerCase());
}

export function requireAccount(call: Call): Account {
  const account = findAccount(call);
  if (account) return account;
  throw resourceNotFound(ACCOUNT_TYPE, call.params["accountName"]!, call.params["resourceGroupName"]!);
}

/** The status line of these says `200 Ok`; clients don't see it. */
export const shown = (world: World, account: Account): Reply => ({ status: 200, headers: HEADERS, body: accountBody(world, account) });
