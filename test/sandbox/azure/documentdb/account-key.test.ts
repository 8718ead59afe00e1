import { expect, test } from "vitest";
import { addAccount } from "../../../../sandbox/azure/documentdb/build.ts";
import { addKey, keyUriOf } from "../../../../sandbox/azure/keyvault/build.ts";
import { anIdentity, aSetting, bodyOf, HOUR, MINUTE, pass, patch, patched, refusal, send } from "./support.ts";
import type { Setting } from "./support.ts";

const setUri = (uri: string | null): { properties: { keyVaultKeyUri: string | null } } => ({ properties: { keyVaultKeyUri: uri } });

function aRevokedSetting(): Setting {
  const setting = aSetting();
  Object.assign(setting.account.check, { revoked: true, code: 4002 });
  return setting;
}

test.each(["this-is-no-key-uri", "http://mykeyvault.vault1.azure2.net3/keys4/mykey", "https://kv-orders.vault.azure.net/keys"])(
  "%s is no key URI (troubleshoot-cmk.md 1.3)",
  async (uri) => {
    const refused = await refusal(patch(aSetting(), setUri(uri)));
    expect(refused).toMatchObject({ status: 400, code: "BadRequest" });
    expect(refused.message).toContain(`Provided KeyVaultKeyUri ${uri} is Invalid.\r\nActivityId: `);
  },
);

test("a version or a slash at the end makes a key URI invalid", async () => {
  const setting = aSetting();
  const versioned = `${setting.keyUri}/${setting.key.versions[0]!.version}`;
  for (const uri of [versioned, `${setting.keyUri}/`])
    expect((await refusal(patch(setting, setUri(uri)))).message).toContain("is Invalid.");
});

test("the key can't be taken away (troubleshoot-cmk.md 1.4)", async () => {
  expect((await refusal(patch(aSetting(), setUri(null)))).message).toContain("Updating KeyVaultKeyUri is not supported");
});

test("a key URI must be alone in its PATCH, even beside unchanged values (azure-service-operator issue 5560)", async () => {
  const setting = aSetting();
  const { keyUri, account } = setting;
  for (const more of [{ tags: {} }, { identity: { type: "UserAssigned" } }]) {
    const refused = await refusal(patch(setting, { ...setUri(keyUri), ...more }));
    expect(refused.message).toContain("Cannot update Customer Managed Key settings and other properties at the same time.");
  }
  const both = { properties: { keyVaultKeyUri: keyUri, defaultIdentity: account.defaultIdentity } };
  expect(await refusal(patch(setting, both))).toMatchObject({ status: 400 });
  expect((await patch(setting, { properties: { keyVaultKeyUri: keyUri, apiProperties: {} } })).status).toBe(200);
});

test("a new key is tried before it is taken", async () => {
  const setting = aSetting();
  const next = addKey(setting.world, setting.vault, { name: "cmk-next" });
  await patched(setting, setUri(keyUriOf(setting.vault, "cmk-next")));
  expect(setting.account).toMatchObject({
    keyVaultKeyUri: keyUriOf(setting.vault, "cmk-next"),
    keyVaultKeyUriVersion: next.versions[0]!.version,
  });
  const reply = await patch(setting, setUri("https://kv-nowhere.vault.azure.net/keys/k1"));
  await pass(setting.world, 2 * MINUTE);
  expect(bodyOf(await send(setting, "GET", reply.headers!["azure-asyncoperation"]!))).toEqual({
    status: "Failed",
    error: { code: "ServiceUnavailable", message: "Error contacting the Azure Key Vault resource. Please try again." },
  });
  expect(setting.account.keyVaultKeyUri).toBe(keyUriOf(setting.vault, "cmk-next"));
});

test("a revoked account refuses all but its identities and its default identity, in the documented words (troubleshoot-cmk.md 1.5)", async () => {
  const setting = aRevokedSetting();
  for (const body of [{ tags: {} }, setUri(setting.keyUri), { properties: { publicNetworkAccess: "Disabled" } }]) {
    const refused = await refusal(patch(setting, body));
    expect(refused).toMatchObject({ status: 400, code: "BadRequest", extra: { unwrapped: true } });
    expect(refused.message).toMatch(
      /^No Update is allowed on Database Account with Customer Managed Key in Revoked Status\r\nActivityId: /,
    );
  }
  const other = anIdentity(setting.world, "id-other");
  await patched(setting, { identity: { type: "UserAssigned", userAssignedIdentities: { [other.id]: {} } } });
  await patched(setting, { properties: { defaultIdentity: `UserAssignedIdentity=${other.id}` } });
  expect(setting.account.defaultIdentity).toBe(`UserAssignedIdentity=${other.id}`);
  // Nothing but the next check brings it back.
  expect(setting.account.check.revoked).toBe(true);
  expect((await send(setting, "DELETE", setting.account.id)).status).toBe(202);
});

test("a revoked account takes a key URI where the guide's fix is believed", async () => {
  const setting = aSetting({ "documentdb.keyUriWhileRevoked": true });
  Object.assign(setting.account.check, { revoked: true, code: 4006 });
  await patched(setting, setUri(setting.keyUri));
  expect(setting.account.check).toMatchObject({ revoked: false, code: null });
});

test("a key is enabled on an existing account, over many minutes, during which nothing else may change", async () => {
  const setting = aSetting();
  const account = addAccount(setting.world, { name: "plain", resourceGroup: "rg-data", identities: [setting.identity.id] });
  const plain = { ...setting, account };
  await patch(plain, setUri(setting.keyUri));
  await pass(setting.world, 9 * MINUTE);
  expect(account).toMatchObject({ provisioningState: "Updating", keyVaultKeyUri: undefined });
  expect(await refusal(patch(plain, { tags: {} }))).toMatchObject({ status: 412 });
  await pass(setting.world, HOUR);
  expect(account).toMatchObject({ provisioningState: "Succeeded", keyVaultKeyUri: setting.keyUri });
});

test("a key can't be enabled on an existing Cassandra account (how-to-setup-customer-managed-keys-existing-accounts.md)", async () => {
  const setting = aSetting();
  const properties = { capabilities: [{ name: "EnableCassandra" }] };
  const account = addAccount(setting.world, { name: "plain", resourceGroup: "rg-data", identities: [setting.identity.id], properties });
  expect(await refusal(patch({ ...setting, account }, setUri(setting.keyUri)))).toMatchObject({ status: 400 });
});
