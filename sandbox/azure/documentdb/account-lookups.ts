/**
 * What guides have people look up beside an account: its keys, the regions, which accounts can be restored. Shapes: azure-rest-api-specs
 * Microsoft.DocumentDB cosmos-db.json and restorable.json, DatabaseAccounts_List*Keys, _ListConnectionStrings, Locations_List,
 * RestorableDatabaseAccounts_List. Keys are made up, and open nothing.
 */
import { createHash } from "node:crypto";
import { objectAt, textAt } from "../json.ts";
import type { Call, Reply, Route } from "../routes.ts";
import type { Account, JsonObject } from "../world.ts";
import { ACCOUNT_TYPE } from "./account-body.ts";
import { HEADERS, requireAccount } from "./account-find.ts";
import { regionCode, regionNames } from "./regions.ts";

const NAMES = ["primary", "secondary"] as const;

/** 64 bytes in base64, as long as real ones. */
const keyOf = ({ id }: Account, name: string): string => createHash("sha512").update(`${id.toLowerCase()}/${name}`).digest("base64");

const readonlyKeys = (account: Account): JsonObject =>
  Object.fromEntries(NAMES.map((name) => [`${name}ReadonlyMasterKey`, keyOf(account, `${name}-readonly`)]));

const keys = (account: Account): JsonObject => ({
  ...Object.fromEntries(NAMES.map((name) => [`${name}MasterKey`, keyOf(account, name)])),
  ...readonlyKeys(account),
});

const connectionStrings = (account: Account): JsonObject => ({
  connectionStrings: NAMES.map((name) => ({
    connectionString: `AccountEndpoint=https://${account.name}.documents.azure.com:443/;AccountKey=${keyOf(account, name)};`,
    description: `${name === "primary" ? "Primary" : "Secondary"} SQL Connection String`,
    keyKind: name === "primary" ? "Primary" : "Secondary",
    type: "Sql",
  })),
});

const ONE = `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/${ACCOUNT_TYPE}/{accountName}`;
const PROVIDER = "/subscriptions/{subscriptionId}/providers/Microsoft.DocumentDB";
const subscription = (call: Call): string => `/subscriptions/${call.params["subscriptionId"]}`;

/** An action: it has an event, and a read-only lock stands in its way (Azure Resource Manager, "Lock your resources", considerations). */
function secret(verb: string, body: (account: Account) => JsonObject): Route {
  const action = `${ACCOUNT_TYPE}/${verb}/action`;
  return {
    method: "POST",
    pattern: `${ONE}/${verb}`,
    action,
    event: action,
    scopeOf: (call) =>
      `${subscription(call)}/resourceGroups/${call.params["resourceGroupName"]}/providers/${ACCOUNT_TYPE}/${call.params["accountName"]}`,
    handle: (call) => ({ status: 200, headers: HEADERS, body: body(requireAccount(call)) }),
  };
}

export const lookupRoutes: Route[] = [
  secret("listKeys", keys),
  secret("readonlykeys", readonlyKeys),
  secret("listConnectionStrings", connectionStrings),
  {
    method: "GET",
    pattern: `${PROVIDER}/locations`,
    action: "Microsoft.DocumentDB/locations/read",
    scopeOf: subscription,
    handle: locations,
  },
  {
    method: "GET",
    pattern: `${PROVIDER}/restorableDatabaseAccounts`,
    action: "Microsoft.DocumentDB/restorableDatabaseAccounts/read",
    scopeOf: subscription,
    handle: restorable,
  },
];

function locations(call: Call): Reply {
  const value = regionNames().map((name) => ({
    id: `${subscription(call)}/providers/Microsoft.DocumentDB/locations/${regionCode(name)}`,
    name,
    type: "Microsoft.DocumentDB/locations",
    properties: {
      supportsAvailabilityZone: true,
      isResidencyRestricted: false,
      backupStorageRedundancies: ["Geo", "Zone", "Local"],
      status: "Online",
    },
  }));
  return { status: 200, body: { value } };
}

/** Those with continuous backup; deleted ones are not kept here. */
function restorable(call: Call): Reply {
  const accounts = [...call.world.accounts.values()].filter((a) => objectAt(a.properties["backupPolicy"])["type"] === "Continuous");
  const value = accounts.map((account) => {
    const instanceId = textAt(account.properties["instanceId"]);
    const creationTime = account.systemData.createdAt;
    return {
      name: instanceId,
      location: account.location,
      type: "Microsoft.DocumentDB/locations/restorableDatabaseAccounts",
      id: `${subscription(call)}/providers/Microsoft.DocumentDB/locations/${regionCode(account.location)}/restorableDatabaseAccounts/${instanceId}`,
      properties: {
        accountName: account.name,
        apiType: account.kind === "MongoDB" ? "MongoDB" : "Sql",
        creationTime,
        restorableLocations: [{ locationName: account.location, regionalDatabaseAccountInstanceId: instanceId, creationTime }],
      },
    };
  });
  return { status: 200, body: { value } };
}
