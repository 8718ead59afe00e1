import { expect, test } from "vitest";
import { addAccount } from "../../../../sandbox/azure/documentdb/build.ts";
import type { JsonObject } from "../../../../sandbox/azure/world.ts";
import { aSetting, at, bodyOf, MINUTE, pass, refusal, send, textOf } from "./support.ts";
import type { Setting } from "./support.ts";

const locations = [{ locationName: "West US 2", failoverPriority: 0, isZoneRedundant: false }];
const base = { location: "westus2", properties: { databaseAccountOfferType: "Standard", locations } };

const put = (setting: Setting, name: string, body: JsonObject): ReturnType<typeof send> =>
  send(setting, "PUT", setting.account.id.replace("orders", name), { body });

test("one PUT creates with identity, default identity and key; the answer shows Creating and an identity without its principal", async () => {
  const setting = aSetting();
  const { identity, keyUri, world } = setting;
  const reply = await put(setting, "fresh", {
    ...base,
    identity: { type: "UserAssigned", userAssignedIdentities: { [identity.id]: {} } },
    properties: { ...base.properties, keyVaultKeyUri: keyUri, defaultIdentity: `UserAssignedIdentity=${identity.id}` },
  });
  expect(reply.status).toBe(200);
  const creating = bodyOf(reply);
  expect(at(creating, "identity", "userAssignedIdentities")).toEqual({ [identity.id]: {} });
  expect(at(creating, "properties")).toMatchObject({
    provisioningState: "Creating",
    customerManagedKeyStatus: "Access to the configured customer managed key confirmed. ",
  });
  expect(at(creating, "properties", "documentEndpoint")).toBeUndefined();
  await pass(world, 2 * MINUTE);
  expect(at(bodyOf(await send(setting, "GET", textOf(creating, "id"))), "properties", "provisioningState")).toBe("Creating");
  await pass(world, MINUTE);
  const { principalId, clientId } = identity;
  const made = bodyOf(await send(setting, "GET", textOf(creating, "id")));
  expect(at(made, "identity", "userAssignedIdentities", identity.id)).toEqual({ principalId, clientId });
  expect(at(made, "properties", "keyVaultKeyUriVersion")).toBe(setting.key.versions[0]!.version);
  // Recorded: azure-cli test_cosmosdb_key_vault_key_uri.yaml.
  expect(at(made, "systemData", "createdAt")).not.toBe(at(creating, "systemData", "createdAt"));
});

test("a creation whose key is out of reach ends Failed", async () => {
  const setting = aSetting();
  const reply = await put(setting, "fresh", { ...base, properties: { ...base.properties, keyVaultKeyUri: setting.keyUri } });
  await pass(setting.world, 3 * MINUTE);
  expect(at(bodyOf(await send(setting, "GET", reply.headers!["azure-asyncoperation"]!)), "status")).toBe("Failed");
  expect(at(bodyOf(await send(setting, "GET", textOf(bodyOf(reply), "id"))), "properties", "provisioningState")).toBe("Failed");
});

test("a refused creation leaves nothing behind", async () => {
  const setting = aSetting();
  const system = { ...base, properties: { ...base.properties, defaultIdentity: "SystemAssignedIdentity" } };
  // troubleshoot-cmk.md 1.6
  expect((await refusal(put(setting, "fresh", system))).message).toContain("Cannot set SystemAssignedIdentity as the default identity");
  expect(await refusal(put(setting, "x", base))).toMatchObject({ status: 400 });
  expect(await refusal(put(setting, "fresh", { location: "westus2", properties: {} }))).toMatchObject({ status: 400 });
  expect(setting.world.accounts.size).toBe(1);
});

test("a PUT over an account without a default identity falls back to FirstPartyIdentity (terraform-provider-azurerm issue 22466)", async () => {
  const setting = aSetting();
  const { account, identity } = setting;
  Object.assign(account.properties, { publicNetworkAccess: "Disabled" });
  const reply = await put(setting, "orders", base);
  expect(at(bodyOf(reply), "properties", "defaultIdentity")).toBe(`UserAssignedIdentity=${identity.id}`);
  await pass(setting.world, 10 * MINUTE);
  expect(account.defaultIdentity).toBe("FirstPartyIdentity");
  // What was left out is at its default again, but neither the key nor the identities go.
  expect(account.properties["publicNetworkAccess"]).toBe("Enabled");
  expect(account.tags).toEqual({});
  expect(account.keyVaultKeyUri).toBe(setting.keyUri);
  expect(account.identity.userAssigned.size).toBe(1);
});

test("a PUT over an account can't bring another key along", async () => {
  const setting = aSetting();
  const other = { ...base, properties: { ...base.properties, keyVaultKeyUri: `${setting.keyUri}2` } };
  expect((await refusal(put(setting, "orders", other))).message).toContain("Cannot update Customer Managed Key settings");
});

test("a name in use elsewhere in the group's casing is the same account", async () => {
  const setting = aSetting();
  addAccount(setting.world, { name: "second", resourceGroup: "rg-data" });
  const reply = await put(setting, "SECOND", base);
  expect(at(bodyOf(reply), "name")).toBe("second");
});
