/** As recorded in azure-cli test_cosmosdb_managed_service_identity.yaml (2022-04) unless a test says otherwise. */
import { expect, test } from "vitest";
import { addCustomRole, addPrincipal, assignRole } from "../../../../sandbox/azure/authorization/build.ts";
import { addAccount } from "../../../../sandbox/azure/documentdb/build.ts";
import { addIdentity, identityId } from "../../../../sandbox/azure/managed-identity/build.ts";
import { keyPath } from "../../../../sandbox/azure/documentdb/key-path.ts";
import { anIdentity, aSetting, MINUTE, pass, patch, patched, refusal, type Setting } from "./support.ts";

const user = (id: string): string => `UserAssignedIdentity=${id}`;

test("the recorded sequence of system-assigned identities", async () => {
  const setting = aSetting();
  const account = addAccount(setting.world, { name: "plain", resourceGroup: "rg-data" });
  const plain = { ...setting, account };
  await patched(plain, { identity: { type: "SystemAssigned" } });
  const first = account.identity.principalId;
  expect(account).toMatchObject({ identity: { type: "SystemAssigned" }, defaultIdentity: "FirstPartyIdentity" });
  await patched(plain, { properties: { defaultIdentity: "SystemAssignedIdentity", apiProperties: {} } });
  expect(account.defaultIdentity).toBe("SystemAssignedIdentity");
  await patched(plain, { identity: { type: "None" } });
  expect(account).toMatchObject({ identity: { type: "None" }, defaultIdentity: "Undefined", provisioningState: "Succeeded" });
  expect(setting.world.principals.has(first!)).toBe(false);
  await patched(plain, { identity: { type: "SystemAssigned" } });
  const second = account.identity.principalId;
  expect(second).not.toBe(first);
  expect(account.defaultIdentity).toBe("Undefined");
  await patched(plain, { identity: { type: "SystemAssigned,UserAssigned", userAssignedIdentities: { [setting.identity.id]: {} } } });
  expect(account.identity).toMatchObject({ type: "SystemAssigned,UserAssigned", principalId: second });
  await patched(plain, { identity: { type: "SystemAssigned" } });
  expect(account.identity).toMatchObject({ type: "SystemAssigned", principalId: second });
  expect(account.identity.userAssigned.size).toBe(0);
});

test("attaching another identity keeps the first and the default", async () => {
  const setting = aSetting();
  const other = anIdentity(setting.world, "id-other");
  await patched(setting, { identity: { type: "UserAssigned", userAssignedIdentities: { [other.id]: {} } } });
  expect([...setting.account.identity.userAssigned.keys()]).toEqual([setting.identity.id, other.id]);
  expect(setting.account.defaultIdentity).toBe(user(setting.identity.id));
});

test("null detaches; what is left out is not touched", async () => {
  const setting = aSetting();
  const other = anIdentity(setting.world, "id-other");
  await patched(setting, { identity: { type: "UserAssigned", userAssignedIdentities: { [other.id]: {} } } });
  await patched(setting, { identity: { type: "UserAssigned", userAssignedIdentities: { [other.id]: null } } });
  expect([...setting.account.identity.userAssigned.keys()]).toEqual([setting.identity.id]);
  expect(setting.account.defaultIdentity).toBe(user(setting.identity.id));
});

test("detaching the default leaves Undefined", async () => {
  const setting = aSetting();
  await patched(setting, { identity: { type: "UserAssigned", userAssignedIdentities: { [setting.identity.id.toUpperCase()]: null } } });
  expect(setting.account).toMatchObject({ identity: { type: "None" }, defaultIdentity: "Undefined" });
});

test("identity and default identity in one PATCH: the default is silently not applied (Azure bug 2209567, as Terraform's provider reports it)", async () => {
  for (const [rule, expected] of [
    ["ignored", "id-orders"],
    ["applied", "id-other"],
  ] as const) {
    const setting = aSetting({ "documentdb.identityWithDefault": rule });
    const other = anIdentity(setting.world, "id-other");
    await patched(setting, {
      identity: { type: "UserAssigned", userAssignedIdentities: { [other.id]: {} } },
      properties: { defaultIdentity: user(other.id) },
    });
    expect(setting.account.identity.userAssigned.size).toBe(2);
    expect(setting.account.defaultIdentity.endsWith(expected)).toBe(true);
  }
});

test("a default identity that is not attached, or of another form, is refused", async () => {
  const setting = aSetting();
  const other = anIdentity(setting.world, "id-other");
  expect(await refusal(patch(setting, { properties: { defaultIdentity: user(other.id) } }))).toMatchObject({
    status: 400,
    code: "BadRequest",
  });
  expect(await refusal(patch(setting, { properties: { defaultIdentity: "SystemAssignedIdentity" } }))).toMatchObject({ status: 400 });
  // azure-cli issue 28511: the form that the guide for existing accounts once showed.
  const wrong = await refusal(patch(setting, { properties: { defaultIdentity: "SystemAssignedIdentity=subscriptions/s/x" } }));
  expect(wrong.message).toMatch(
    /^The given default identity for orders is not valid\. The format for the default identity is not valid, please use /,
  );
  expect(setting.account.operation).toBeUndefined();
});

test("continuous backup with a key refuses FirstPartyIdentity (troubleshoot-cmk.md 3.2)", async () => {
  const setting = aSetting();
  const account = addAccount(setting.world, {
    name: "ledger",
    resourceGroup: "rg-data",
    identities: [setting.identity.id],
    keyUri: setting.keyUri,
    continuousBackup: true,
  });
  const refused = await refusal(patch({ ...setting, account }, { properties: { defaultIdentity: "FirstPartyIdentity" } }));
  expect(refused.message).toContain("Setting Non-FPI default identity is required for dedicated storage account features.");
});

test("an identity that does not exist can't be attached, nor a stale one sent again", async () => {
  const setting = aSetting();
  const nobody = identityId(setting.world.subscriptionId, "rg-data", "id-nobody");
  const refused = await refusal(patch(setting, { identity: { type: "UserAssigned", userAssignedIdentities: { [nobody]: {} } } }));
  expect(refused).toMatchObject({ status: 400, code: "FailedIdentityOperation" });
  setting.world.identities.delete(setting.identity.id.toLowerCase());
  const other = anIdentity(setting.world, "id-other");
  const map = { [setting.identity.id]: {}, [other.id]: {} };
  const stale = await refusal(patch(setting, { identity: { type: "UserAssigned", userAssignedIdentities: map } }));
  expect(stale.message).toContain(`Resource '${setting.identity.id.toLowerCase()}' was not found.`);
});

test("attaching needs assign/action on the identity (aad-pod-identity issue 613)", async () => {
  const setting = aSetting();
  const other = anIdentity(setting.world, "id-other");
  const as = addPrincipal(setting.world, { name: "healer" });
  const body = { identity: { type: "UserAssigned", userAssignedIdentities: { [other.id]: {} } } };
  const refused = await refusal(patch(setting, body, { as }));
  expect(refused).toMatchObject({ status: 403, code: "LinkedAuthorizationFailed" });
  expect(refused.message).toContain(
    "perform action(s) 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action' on the linked scope(s)",
  );
  const role = addCustomRole(setting.world, {
    roleName: "attach",
    actions: ["Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"],
  });
  assignRole(setting.world, { principalId: as.oid, role: role.name, scope: other.id });
  expect((await patch(setting, body, { as })).status).toBe(200);
});

test("attaching an identity again that was made anew under its name renews its principal (azure-cli PR 25712)", async () => {
  const setting = aSetting();
  const before = setting.identity.principalId;
  setting.world.identities.delete(setting.identity.id.toLowerCase());
  const again = addIdentity(setting.world, { resourceGroup: "rg-data", name: "id-orders" });
  expect([...setting.account.identity.userAssigned.values()][0]!.principalId).toBe(before);
  await patched(setting, { identity: { type: "UserAssigned", userAssignedIdentities: { [again.id]: {} } } });
  expect([...setting.account.identity.userAssigned.values()][0]!.principalId).toBe(again.principalId);
  expect(setting.account.defaultIdentity).toBe(user(again.id));
});

test("None with a map of identities is refused (azure-rest-api-specs issue 25222)", async () => {
  const setting = aSetting();
  expect(await refusal(patch(setting, { identity: { type: "None", userAssignedIdentities: null } }))).toMatchObject({ status: 400 });
});

test("another tenant's vault takes user-assigned identities only (troubleshoot-cmk.md 1.8 and 1.9)", async () => {
  const setting = aSetting();
  const { account, identity } = setting;
  account.defaultIdentity = `${user(identity.id)}&FederatedClientId=00000000-1111-2222-3333-444444444444`;
  const refused = async (defaultIdentity: string): Promise<string> =>
    (await refusal(patch(setting, { properties: { defaultIdentity } }))).message;
  expect(await refused("FirstPartyIdentity")).toContain("Cross-tenant CMK is not supported with First Party identities");
  for (const system of ["SystemAssignedIdentity", "SystemAssignedIdentity&FederatedClientId=00000000-1111-2222-3333-444444444444"]) {
    expect(await refused(system)).toContain("Cross-tenant CMK is not supported with System Assigned identities");
  }
  expect((await patch(setting, { properties: { defaultIdentity: account.defaultIdentity } })).status).toBe(200);
});

test("any identity change resets the default where Terraform's provider is believed", async () => {
  const setting = aSetting({ "documentdb.identityResetsDefault": true });
  const other = anIdentity(setting.world, "id-other");
  await patched(setting, { identity: { type: "UserAssigned", userAssignedIdentities: { [other.id]: {} } } });
  expect(setting.account.defaultIdentity).toBe("Undefined");
});

test("an identity that is deleted while it is being attached fails the operation", async () => {
  const setting = aSetting();
  const other = anIdentity(setting.world, "id-other");
  await patch(setting, { identity: { type: "UserAssigned", userAssignedIdentities: { [other.id]: {} } } });
  setting.world.identities.delete(other.id.toLowerCase());
  await pass(setting.world, 2 * MINUTE);
  expect([...setting.account.identity.userAssigned.keys()]).toEqual([setting.identity.id]);
});

test("a default identity's id without its first slash means that identity, kept as sent; by switch it is refused", async () => {
  const sent = (setting: Setting): string => `UserAssignedIdentity=${setting.identity.id.slice(1)}`;
  const setting = aSetting();
  expect((await patch(setting, { properties: { defaultIdentity: sent(setting) } })).status).toBe(200);
  await pass(setting.world, 10 * MINUTE);
  expect(setting.account.defaultIdentity).toBe(sent(setting));
  expect(keyPath(setting.world, setting.account)).toMatchObject({ ok: true });

  const strict = aSetting({ "documentdb.readsIdsWithoutSlash": false });
  expect(await refusal(patch(strict, { properties: { defaultIdentity: sent(strict) } }))).toMatchObject({ status: 400 });
});
