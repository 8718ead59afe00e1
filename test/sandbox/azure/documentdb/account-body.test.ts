import { expect, test } from "vitest";
import { accountBody } from "../../../../sandbox/azure/documentdb/account-body.ts";
import { addAccount } from "../../../../sandbox/azure/documentdb/build.ts";
import type { JsonObject } from "../../../../sandbox/azure/world.ts";
import { aSetting, at, bodyOf, refusal, send, SUBSCRIPTION, TENANT, textOf } from "./support.ts";

const properties = (body: JsonObject): JsonObject => body["properties"] as JsonObject;

test("an account's members come in the recorded order, with empty tags as {} and no null anywhere", () => {
  const { world } = aSetting();
  const body = accountBody(world, addAccount(world, { name: "bare", resourceGroup: "rg-data" }));
  expect(Object.keys(body)).toEqual(["id", "name", "location", "type", "kind", "tags", "systemData", "properties", "identity"]);
  expect(body["tags"]).toEqual({});
  expect(body["identity"]).toEqual({ type: "None" });
  expect(JSON.stringify(body)).not.toContain("null");
});

test("an account without a key says FirstPartyIdentity and nothing of a key", () => {
  const { world } = aSetting();
  const shown = properties(accountBody(world, addAccount(world, { name: "bare", resourceGroup: "rg-data" })));
  expect(shown["defaultIdentity"]).toBe("FirstPartyIdentity");
  for (const name of ["keyVaultKeyUri", "keyVaultKeyUriVersion", "customerManagedKeyStatus"]) expect(shown).not.toHaveProperty(name);
});

test("a healthy account's status ends in a space, and its key URI has no version", () => {
  const { world, account, key, keyUri } = aSetting();
  const shown = properties(accountBody(world, account));
  expect(shown["customerManagedKeyStatus"]).toBe("Access to the configured customer managed key confirmed. ");
  expect(shown["keyVaultKeyUri"]).toBe(keyUri);
  expect(shown["keyVaultKeyUriVersion"]).toBe(key.versions[0]!.version);
  expect(shown["EnabledApiTypes"]).toBe("Sql");
});

test("locations are display names, their ids carry the code", () => {
  const { world, account } = aSetting();
  const body = accountBody(world, account);
  expect(body["location"]).toBe("East US 2");
  expect(at(body, "properties", "writeLocations", 0)).toMatchObject({ id: "orders-eastus2", locationName: "East US 2" });
});

test("an identity block shows the id as sent, its principal and, since 2023, the tenant", () => {
  const { world, account, identity } = aSetting();
  const { principalId, clientId } = identity;
  expect(accountBody(world, account)["identity"]).toEqual({
    type: "UserAssigned",
    tenantId: TENANT,
    userAssignedIdentities: { [identity.id]: { principalId, clientId } },
  });
});

test("times end in Z or in +00:00, all alike within one body", () => {
  const { world } = aSetting();
  const endings = Array.from({ length: 20 }, (_, i) => {
    const body = accountBody(world, addAccount(world, { name: `account${i}`, resourceGroup: "rg-data" }));
    const created = at(body, "systemData", "createdAt");
    expect(at(body, "properties", "keysMetadata", "primaryMasterKey", "generationTime")).toBe(created);
    expect(created).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}(Z|\+00:00)$/);
    return textOf(body, "systemData", "createdAt").endsWith("Z");
  });
  expect(new Set(endings).size).toBe(2);
});

test("a restored account names its source, has the source's identity and Tls for a minimum", () => {
  const { world, account, identity } = aSetting();
  const copy = addAccount(world, { name: "orders-copy", resourceGroup: "rg-data", restoredFrom: account });
  const shown = properties(accountBody(world, copy));
  expect(shown["createMode"]).toBe("Restore");
  expect(at(shown, "restoreParameters", "restoreSource")).toBe(
    `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.DocumentDB/locations/eastus2/restorableDatabaseAccounts/${textOf(account.properties, "instanceId")}`,
  );
  expect(shown["minimalTlsVersion"]).toBe("Tls");
  expect(shown["defaultIdentity"]).toBe(`UserAssignedIdentity=${identity.id}`);
  expect(shown["instanceId"]).not.toBe(account.properties["instanceId"]);
});

test("the list has no nextLink and, alone among account answers, a charset", async () => {
  const setting = aSetting();
  const reply = await send(setting, "GET", `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.DocumentDB/databaseAccounts`);
  expect(Object.keys(bodyOf(reply) as JsonObject)).toEqual(["value"]);
  expect(reply.headers?.["content-type"]).toBe("application/json; charset=utf-8");
  const one = await send(setting, "GET", setting.account.id);
  expect(one.headers).toMatchObject({ "content-type": "application/json", "x-ms-gatewayversion": "version=2.14.0" });
  expect(one.headers).not.toHaveProperty("etag");
});

test("a group's list leaves out other groups' accounts; ids match in any casing", async () => {
  const setting = aSetting();
  addAccount(setting.world, { name: "elsewhere", resourceGroup: "rg-other" });
  const list = await send(
    setting,
    "GET",
    `/subscriptions/${SUBSCRIPTION}/resourceGroups/RG-DATA/providers/microsoft.documentdb/databaseaccounts`,
  );
  expect(at(bodyOf(list), "value", "length")).toBe(1);
  const one = await send(setting, "GET", setting.account.id.toUpperCase().replace("/SUBSCRIPTIONS/", "/subscriptions/"));
  expect(at(bodyOf(one), "id")).toBe(setting.account.id);
});

test("what is not there is said in Resource Manager's words", async () => {
  const setting = aSetting();
  const missing = await refusal(send(setting, "GET", setting.account.id.replace("orders", "nothing")));
  expect(missing).toMatchObject({ status: 404, code: "ResourceNotFound", extra: { headers: { "x-ms-failure-cause": "gateway" } } });
  const noGroup = await refusal(send(setting, "GET", setting.account.id.replace("rg-data", "rg-nothing")));
  expect(noGroup).toMatchObject({ status: 404, code: "ResourceGroupNotFound" });
});
