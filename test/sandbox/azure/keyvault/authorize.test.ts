import { describe, expect, test } from "vitest";
import { addPrincipal, assignRole } from "../../../../sandbox/azure/authorization/build.ts";
import { ROLE } from "../../../../sandbox/azure/authorization/builtin-roles.ts";
import { addKey, addVault, type VaultSpec } from "../../../../sandbox/azure/keyvault/build.ts";
import type { Principal, Vault, World } from "../../../../sandbox/azure/world.ts";
import { aWorld, data, GROUP, refusal, TENANT } from "./support.ts";

function setting(spec: Partial<VaultSpec> = {}, switches = {}): { world: World; vault: Vault; app: Principal; owner: Principal } {
  const { world, owner } = aWorld(switches);
  const vault = addVault(world, { name: "kv1", resourceGroup: "rg-keys", location: "eastus", ...spec });
  addKey(world, vault, { name: "K1" });
  return { world, vault, owner, app: addPrincipal(world, { name: "app", oid: "o-app", appid: "a-app" }) };
}

const caller = `appid=a-app;oid=o-app;iss=https://sts.windows.net/${TENANT}/`;

describe("an RBAC vault", () => {
  test("refuses with the recorded text: resource in lower case, a space after the reason", async () => {
    const { world, vault, app } = setting();
    const error = await refusal(data(world, vault, "GET", "/keys/K1/", { as: app }));
    expect(error).toMatchObject({ status: 403, code: "Forbidden", extra: { innererror: { code: "ForbiddenByRbac" } } });
    expect(error.message).toBe(
      "Caller is not authorized to perform action on resource.\r\n" +
        "If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\n" +
        `Caller: ${caller}\r\nAction: 'Microsoft.KeyVault/vaults/keys/read'\r\n` +
        `Resource: '${GROUP.toLowerCase()}/providers/microsoft.keyvault/vaults/kv1/keys/k1'\r\n` +
        "Assignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: null \r\nVault: kv1;location=eastus\r\n",
    );
  });

  test("ignores access policies", async () => {
    const { world, vault, app } = setting({ policies: [{ objectId: "o-app", keys: ["all"] }] });
    expect(await refusal(data(world, vault, "GET", "/keys/K1/", { as: app }))).toMatchObject({ status: 403 });
  });

  test("a grant on one key opens that key, not the list of keys", async () => {
    const { world, vault, app } = setting();
    addKey(world, vault, { name: "k2" });
    assignRole(world, { principalId: app.oid, role: ROLE.keyVaultCryptoUser, scope: `${vault.id}/keys/k1` });
    expect((await data(world, vault, "GET", "/keys/k1/", { as: app })).status).toBe(200);
    expect(await refusal(data(world, vault, "GET", "/keys/k2/", { as: app }))).toMatchObject({ status: 403 });
    expect(await refusal(data(world, vault, "GET", "/keys", { as: app }))).toMatchObject({ status: 403 });
  });

  test.each([
    ["PATCH", "/keys/k1/", "update/action"],
    ["DELETE", "/keys/k1", "delete"],
    ["POST", "/keys/k1/rotate", "rotate/action"],
    ["POST", "/deletedkeys/k1/recover", "recover/action"],
    ["DELETE", "/deletedkeys/k1", "purge/action"],
    ["POST", "/keys/k1//wrapkey", "wrap/action"],
    ["POST", "/keys/k1//unwrapkey", "unwrap/action"],
  ])("%s %s needs vaults/keys/%s, which a reader has not", async (method, path, action) => {
    const { world, vault, app } = setting();
    assignRole(world, { principalId: app.oid, role: ROLE.keyVaultReader, scope: vault.id });
    expect((await refusal(data(world, vault, method, path, { as: app }))).message).toContain(`'Microsoft.KeyVault/vaults/keys/${action}'`);
  });

  test("a rotation policy has an action of its own", async () => {
    const { world, vault, app } = setting();
    assignRole(world, { principalId: app.oid, role: ROLE.keyVaultCryptoUser, scope: vault.id });
    const error = await refusal(data(world, vault, "PUT", "/keys/k1/rotationpolicy", { as: app }));
    expect(error.message).toContain("'Microsoft.KeyVault/vaults/keyrotationpolicies/write'");
  });
});

describe("an access-policy vault", () => {
  test.each(["AccessDenied", "ForbiddenByPolicy"])("refuses with %s, by switch, as both are reported", async (code) => {
    const { world, vault, app } = setting({ rbac: false }, { "keyvault.policyDenialCode": code });
    const error = await refusal(data(world, vault, "GET", "/keys/K1/", { as: app }));
    expect(error).toMatchObject({ status: 403, code: "Forbidden", extra: { innererror: { code } } });
    expect(error.message).toBe(
      `The user, group or application '${caller}' does not have keys get permission on key vault 'kv1;location=eastus'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287`,
    );
  });

  test("ignores role assignments", async () => {
    const { world, vault, owner } = setting({ rbac: false });
    expect(await refusal(data(world, vault, "GET", "/keys/K1/", { as: owner }))).toMatchObject({ status: 403 });
  });

  test.each([["Get"], ["GET"], ["all"], ["ALL"]])("permission words count in any casing: %s", async (word) => {
    const { world, vault, app } = setting({ rbac: false, policies: [{ objectId: "O-APP", keys: [word] }] });
    expect((await data(world, vault, "GET", "/keys/K1/", { as: app })).status).toBe(200);
  });

  test("a policy for an application on behalf of a user is none for the application alone", async () => {
    const { world, vault, app } = setting({ rbac: false, policies: [{ objectId: "o-app", keys: ["get"] }] });
    vault.accessPolicies[0]!.applicationId = "a-app";
    expect(await refusal(data(world, vault, "GET", "/keys/K1/", { as: app }))).toMatchObject({ status: 403 });
  });

  test("a policy may name a group that the caller is in", async () => {
    const { world, vault, app } = setting({ rbac: false, policies: [{ objectId: "g1", keys: ["get"] }] });
    app.memberOf.push("g1");
    expect((await data(world, vault, "GET", "/keys/K1/", { as: app })).status).toBe(200);
  });
});

describe("the firewall", () => {
  const rights: Partial<VaultSpec> = { rbac: false, policies: [{ objectId: "o-app", keys: ["all"] }] };

  test.each([
    ["AzureServices", "Client address is not authorized and caller is not a trusted service.\r\nClient address: 203.0.113.5"],
    ["None", "Client address is not authorized and caller was ignored because bypass is set to None \r\nClient address: 203.0.113.5"],
  ])("refuses callers whatever the bypass: %s", async (bypass, begin) => {
    const { world, vault, app } = setting({ ...rights, network: { defaultAction: "Deny", bypass } });
    const error = await refusal(data(world, vault, "GET", "/keys/K1/", { as: app }));
    expect(error).toMatchObject({ status: 403, code: "Forbidden", extra: { innererror: { code: "ForbiddenByFirewall" } } });
    expect(error.message).toBe(`${begin}\r\nCaller: ${caller}\r\nVault: kv1;location=eastus`);
  });

  test.each([
    ["203.0.113.5/32", 200],
    ["203.0.113.0/24", 200],
    ["203.0.114.0/24", 403],
  ])("with the IP rule %s the caller gets %d", async (value, status) => {
    const { world, vault, app } = setting({ ...rights, network: { defaultAction: "Deny", ipRules: [{ value }] } });
    const answer = await data(world, vault, "GET", "/keys/K1/", { as: app }).catch((error: unknown) => error);
    expect(answer).toMatchObject({ status });
  });

  test("public access off refuses in spite of IP rules", async () => {
    const { world, vault, app } = setting({
      ...rights,
      publicNetworkAccess: "Disabled",
      network: { ipRules: [{ value: "203.0.113.5/32" }] },
    });
    const error = await refusal(data(world, vault, "GET", "/keys/K1/", { as: app }));
    expect(error.message).toMatch(
      /^Public network access is disabled and request is not from a trusted service nor via an approved private link\./,
    );
  });

  test("a perimeter refuses", async () => {
    const { world, vault, app } = setting({ ...rights, publicNetworkAccess: "SecuredByPerimeter" });
    expect((await refusal(data(world, vault, "GET", "/keys/K1/", { as: app }))).message).toMatch(/^Request was not allowed by NSP rules/);
  });

  test("is asked before rights", async () => {
    const { world, vault, app } = setting({ network: { defaultAction: "Deny" } });
    expect(await refusal(data(world, vault, "GET", "/keys/K1/", { as: app }))).toMatchObject({
      extra: { innererror: { code: "ForbiddenByFirewall" } },
    });
  });
});
