import { describe, expect, test } from "vitest";
import {
  attachSystem,
  attachUser,
  forbidsChange,
  type DatabaseChange,
  detachFromCluster,
  detachUser,
  setDefault,
  setEncryption,
  keyUriChange,
  typeWithUsers,
} from "../../../src/domain/databases/database-change.ts";

const KEEPS = { identityId: "/id-2", keyUrl: "https://kv.vault.azure.net/keys/k" };

const ofAccount: [string, DatabaseChange][] = [
  ["attach", attachUser("/id-2", typeWithUsers(false))],
  ["attach the system identity", attachSystem(true, ["/id-1"])],
  ["set the default identity", setDefault("UserAssignedIdentity=/id-2")],
  ["detach", detachUser("/id-1", { hasSystem: false, hasUsers: true })],
  ["set the key URI", keyUriChange(KEEPS.keyUrl)],
];
const ofCluster: [string, DatabaseChange][] = [
  ["set identity and key", setEncryption(KEEPS)],
  ["detach", detachFromCluster("/id-1", KEEPS)],
];

describe("a change of an account", () => {
  test.each(ofAccount)("%s: goes alone", (_what, change) => {
    expect(forbidsChange("account", change)).toBeUndefined();
  });

  // hashicorp/terraform-provider-azurerm cosmosdb_account ("Azure Bug #2209567"); Azure/azure-service-operator issue 5560.
  test("never two of its concerns in one, nor any other, nor none", () => {
    for (const [, one] of ofAccount)
      for (const [, other] of ofAccount) {
        const both = { ...one, ...other, properties: { ...one.properties, ...other.properties } };
        const concerns = Object.keys(both.properties).length + (both.identity ? 1 : 0);
        expect(forbidsChange("account", both) === undefined).toBe(concerns === 1);
      }
    expect(forbidsChange("account", { properties: { publicNetworkAccess: "Enabled" } })).toBeDefined();
    expect(forbidsChange("account", {})).toBeDefined();
  });

  test("leaves out what is to stay, and removes by an explicit null", () => {
    expect(attachUser("/id-2", typeWithUsers(true))).toEqual({
      identity: { type: "SystemAssigned,UserAssigned", userAssignedIdentities: { "/id-2": {} } },
    });
    expect(attachSystem(false, [])).toEqual({ identity: { type: "SystemAssigned" } });
    expect(attachSystem(true, [])).toEqual({ identity: { type: "SystemAssigned,UserAssigned" } });
    const none = { hasSystem: false, hasUsers: false };
    expect(detachUser("/id-1", none)).toEqual({ identity: { type: "None" } });
    expect(detachUser("/id-1", { ...none, hasSystem: true })).toEqual({ identity: { type: "SystemAssigned" } });
    expect(detachUser("/id-1", { hasSystem: true, hasUsers: true })).toEqual({
      identity: { type: "SystemAssigned,UserAssigned", userAssignedIdentities: { "/id-1": null } },
    });
  });
});

describe("a change of a cluster", () => {
  test.each(ofCluster)("%s: holds all that it encrypts with", (_what, change) => {
    expect(forbidsChange("cluster", change)).toBeUndefined();
  });

  // Microsoft Learn, "Data encryption at rest in vCore": all parameters, even to change one.
  test("never its identity alone, nor its key alone, nor anything besides", () => {
    const { identity, properties } = setEncryption(KEEPS);
    expect(forbidsChange("cluster", { ...(identity && { identity }) })).toBeDefined();
    expect(forbidsChange("cluster", { ...(properties && { properties }) })).toBeDefined();
    expect(forbidsChange("cluster", { ...setEncryption(KEEPS), properties: { ...properties, serverVersion: "8.0" } })).toBeDefined();
  });
});
