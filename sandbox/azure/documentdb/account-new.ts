/** A new account as the service would first show it, registered in the world. */
import { regionName } from "./regions.ts";
import { isObject } from "../json.ts";
import type { Account, JsonObject, World } from "../world.ts";
import { ACCOUNT_TYPE, defaultProperties } from "./account-body.ts";

type NewAccount = {
  name: string;
  /** Id of the resource group. */
  groupId: string;
  location: string;
  kind?: string;
  tags?: Record<string, string>;
  /** What differs from the defaults. */
  properties?: JsonObject;
  phaseMs?: number;
};

export function newAccount(world: World, spec: NewAccount): Account {
  const location = regionName(spec.location);
  const account: Account = {
    id: `${spec.groupId}/providers/${ACCOUNT_TYPE}/${spec.name}`,
    name: spec.name,
    location,
    kind: spec.kind ?? "GlobalDocumentDB",
    tags: { ...spec.tags },
    systemData: { createdAt: stampNow(world) },
    properties: {
      ...defaultProperties(),
      instanceId: world.random.guid("documentdb.instance"),
      locations: [{ locationName: location, failoverPriority: 0, isZoneRedundant: false }],
      ...spec.properties,
    },
    identity: { type: "None", userAssigned: new Map() },
    keyVaultKeyUri: undefined,
    keyVaultKeyUriVersion: undefined,
    defaultIdentity: "FirstPartyIdentity",
    provisioningState: "Succeeded",
    check: newCheck(world, spec.phaseMs),
    operation: undefined,
  };
  // Present on accounts with continuous backup, absent on periodic ones (recorded: azure-powershell TestRestoreFailuresAccountCmdlets.json, 2021-10).
  const backup = account.properties["backupPolicy"];
  if (isObject(backup) && backup["type"] === "Continuous") account.properties["createMode"] ??= "Default";
  world.accounts.set(account.id.toLowerCase(), account);
  return account;
}

export function newCheck(world: World, phaseMs = world.random.int("documentdb.phase", 0, 3_599_999)): Account["check"] {
  return { revoked: false, code: null, phaseMs, lastCheckAt: world.clock.now() };
}

/** Seven fraction digits. */
export const stampNow = (world: World): string => stampAt(world, world.clock.now());

/** at: virtual ms. */
export function stampAt(world: World, at: number): string {
  const digits = String(world.random.int("documentdb.stamp", 0, 9_999)).padStart(4, "0");
  return new Date(at).toISOString().replace("Z", `${digits}Z`);
}
