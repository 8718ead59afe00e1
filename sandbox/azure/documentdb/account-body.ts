/**
 * What an account's GET shows, in the order of the wire. Order, casing and quirks as recorded: azure-cli-extensions
 * test_cosmosdb_system_identity_restore.yaml (2024-03) and cloud-custodian CosmosDBTest.test_find_by_name.json (2026-06);
 * names of newer versions from the Microsoft.DocumentDB swagger 2026-03-15.
 */
import { listAt, objectAt, textAt } from "../json.ts";
import type { Account, Json, JsonObject, World } from "../world.ts";
import { identityBody } from "./identity.ts";
import { regionCode } from "./regions.ts";
import { HEALTHY, revokedText } from "./status-text.ts";
import { flagSwitch } from "./switches.ts";

export const ACCOUNT_TYPE = "Microsoft.DocumentDB/databaseAccounts";

/** Properties that a PUT or PATCH may set and that are kept as sent. Those with rules of their own are not among them. */
export const PLAIN_PROPERTIES = [
  "publicNetworkAccess",
  "enableAutomaticFailover",
  "enableMultipleWriteLocations",
  "isVirtualNetworkFilterEnabled",
  "virtualNetworkRules",
  "enableCassandraConnector",
  "connectorOffer",
  "disableKeyBasedMetadataWriteAccess",
  "enableFreeTier",
  "apiProperties",
  "enableAnalyticalStorage",
  "analyticalStorageConfiguration",
  "enableMaterializedViews",
  "networkAclBypass",
  "disableLocalAuth",
  "enablePartitionMerge",
  "enablePerRegionPerPartitionAutoscale",
  "enableBurstCapacity",
  "enablePriorityBasedExecution",
  "defaultPriorityLevel",
  "enableAllVersionsAndDeletesChangeFeed",
  "minimalTlsVersion",
  "consistencyPolicy",
  "locations",
  "cors",
  "capabilities",
  "ipRules",
  "backupPolicy",
  "networkAclBypassResourceIds",
  "diagnosticLogSettings",
  "capacity",
  "capacityMode",
] as const;

/** Empty collections are `[]` and `{}`; no property of an account is ever null. */
export function defaultProperties(): JsonObject {
  return {
    publicNetworkAccess: "Enabled",
    enableAutomaticFailover: false,
    enableMultipleWriteLocations: false,
    isVirtualNetworkFilterEnabled: false,
    virtualNetworkRules: [],
    disableKeyBasedMetadataWriteAccess: false,
    enableFreeTier: false,
    enableAnalyticalStorage: false,
    analyticalStorageConfiguration: {},
    networkAclBypass: "None",
    disableLocalAuth: false,
    enablePartitionMerge: false,
    enablePerRegionPerPartitionAutoscale: false,
    enableBurstCapacity: false,
    enablePriorityBasedExecution: false,
    defaultPriorityLevel: "High",
    minimalTlsVersion: "Tls12",
    enablePerPartitionAutomaticFailover: false,
    consistencyPolicy: { defaultConsistencyLevel: "Session", maxIntervalInSeconds: 5, maxStalenessPrefix: 100 },
    configurationOverrides: {},
    cors: [],
    capabilities: [],
    ipRules: [],
    backupPolicy: {
      type: "Periodic",
      periodicModeProperties: { backupIntervalInMinutes: 240, backupRetentionIntervalInHours: 8, backupStorageRedundancy: "Geo" },
    },
    networkAclBypassResourceIds: [],
    diagnosticLogSettings: { enableFullTextQuery: "None" },
    capacity: { totalThroughputLimit: -1 },
  };
}

export function accountBody(world: World, account: Account): JsonObject {
  return {
    id: account.id,
    name: account.name,
    location: account.location,
    type: ACCOUNT_TYPE,
    kind: account.kind,
    tags: { ...account.tags },
    // Accounts show nothing else here.
    systemData: { createdAt: stamp(account) },
    properties: propertiesBody(world, account),
    identity: identityBody(world, account.identity, account.provisioningState === "Creating"),
  };
}

function propertiesBody(world: World, account: Account): JsonObject {
  const stored = account.properties;
  const creating = account.provisioningState === "Creating";
  const places = locationsBody(account);
  const all: Record<string, Json | undefined> = {
    ...stored,
    provisioningState: account.provisioningState,
    documentEndpoint: creating ? undefined : `https://${account.name}.documents.azure.com:443/`,
    sqlEndpoint: creating || account.kind === "MongoDB" ? undefined : `https://${account.name}.documents.azure.com:443/`,
    EnabledApiTypes: apiTypes(account),
    databaseAccountOfferType: "Standard",
    defaultIdentity: account.defaultIdentity,
    keyVaultKeyUri: account.keyVaultKeyUri,
    keyVaultKeyUriVersion: account.keyVaultKeyUri === undefined ? undefined : account.keyVaultKeyUriVersion,
    customerManagedKeyStatus: statusText(world, account),
    writeLocations: places.slice(0, stored["enableMultipleWriteLocations"] === true ? places.length : 1),
    readLocations: places,
    locations: places,
    failoverPolicies: places.map(({ id, locationName, failoverPriority }) => ({ id, locationName, failoverPriority })),
    keysMetadata: keysMetadata(stamp(account)),
  };
  return Object.fromEntries(ORDER.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]])));
}

const ORDER = `
  provisioningState documentEndpoint sqlEndpoint publicNetworkAccess enableAutomaticFailover enableMultipleWriteLocations
  isVirtualNetworkFilterEnabled virtualNetworkRules EnabledApiTypes enableCassandraConnector
  connectorOffer disableKeyBasedMetadataWriteAccess enableFreeTier apiProperties enableAnalyticalStorage
  analyticalStorageConfiguration instanceId createMode databaseAccountOfferType enableMaterializedViews defaultIdentity
  networkAclBypass disableLocalAuth enablePartitionMerge enablePerRegionPerPartitionAutoscale enableBurstCapacity
  enablePriorityBasedExecution defaultPriorityLevel enableAllVersionsAndDeletesChangeFeed minimalTlsVersion keyVaultKeyUri
  keyVaultKeyUriVersion customerManagedKeyStatus enablePerPartitionAutomaticFailover consistencyPolicy configurationOverrides
  writeLocations readLocations locations failoverPolicies cors capabilities ipRules backupPolicy restoreParameters
  networkAclBypassResourceIds diagnosticLogSettings capacity capacityMode keysMetadata
`
  .trim()
  .split(/\s+/);

/** The text is there from the first answer on, also while `Creating`. */
function statusText(world: World, account: Account): string | undefined {
  if (account.keyVaultKeyUri === undefined) return undefined;
  if (!account.check.revoked) return HEALTHY;
  return revokedText(flagSwitch(world, "documentdb.codelessStatus") ? null : account.check.code);
}

/** The region's own state follows the account's in identity updates; nothing can be derived from it. */
function locationsBody(account: Account): JsonObject[] {
  return listAt(account.properties["locations"]).map((sent, index) => {
    const place = objectAt(sent);
    const locationName = textAt(place["locationName"]);
    const id = `${account.name}-${regionCode(locationName)}`;
    return {
      id,
      locationName,
      ...(account.provisioningState === "Creating" ? {} : { documentEndpoint: `https://${id}.documents.azure.com:443/` }),
      provisioningState: account.provisioningState,
      failoverPriority: place["failoverPriority"] ?? index,
      isZoneRedundant: place["isZoneRedundant"] ?? false,
    };
  });
}

export const capabilitiesOf = (account: Account): string[] =>
  listAt(account.properties["capabilities"]).map((c) => textAt(objectAt(c)["name"]));

function apiTypes(account: Account): string {
  if (account.kind === "MongoDB") return "MongoDB";
  const names = capabilitiesOf(account);
  if (names.includes("EnableCassandra")) return "Cassandra";
  if (names.includes("EnableGremlin")) return "Gremlin, Sql";
  return names.includes("EnableTable") ? "Table, Sql" : "Sql";
}

const keysMetadata = (generationTime: string): JsonObject => ({
  primaryMasterKey: { generationTime },
  secondaryMasterKey: { generationTime },
  primaryReadonlyMasterKey: { generationTime },
  secondaryReadonlyMasterKey: { generationTime },
});

/**
 * Times end in `Z` or in `+00:00`, unpredictably, and all alike within one body
 * (recorded: azure-powershell TestAnalyticalStorageSchemaTypeUpdateAccount.json, 2024-09). Here it goes by the last digit.
 */
function stamp(account: Account): string {
  const time = account.systemData.createdAt;
  return Number(time.at(-2)) % 2 === 0 ? time : time.replace(/Z$/, "+00:00");
}
