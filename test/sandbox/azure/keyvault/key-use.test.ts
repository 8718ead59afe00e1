import { describe, expect, test } from "vitest";
import { addCustomRole, addPrincipal, assignRole } from "../../../../sandbox/azure/authorization/build.ts";
import { ROLE } from "../../../../sandbox/azure/authorization/builtin-roles.ts";
import { addKey, addKeyVersion, addVault, keyUriOf, type KeySpec, type VaultSpec } from "../../../../sandbox/azure/keyvault/build.ts";
import { recoverKey, softDeleteKey } from "../../../../sandbox/azure/keyvault/key-change.ts";
import { keyUse, type KeyUse } from "../../../../sandbox/azure/keyvault/key-use.ts";
import type { Vault, World } from "../../../../sandbox/azure/world.ts";
import { arm, aWorld, DAY, now, pass } from "./support.ts";

type Use = {
  world: World;
  vault: Vault;
  use: (kind?: "account" | "cluster", keyUri?: string) => KeyUse;
  owner: ReturnType<typeof aWorld>["owner"];
};

/** A vault whose key the database's identity may use, by policy unless said otherwise. */
function setting({
  vault: v,
  key,
  switches,
  grant = true,
}: { vault?: Partial<VaultSpec>; key?: Partial<KeySpec>; switches?: Record<string, string>; grant?: boolean } = {}): Use {
  const { world, owner } = aWorld(switches);
  const identity = addPrincipal(world, { name: "id" });
  const policies = grant ? [{ objectId: identity.oid, keys: ["get", "wrapKey", "unwrapKey", "list"] }] : [];
  const vault = addVault(world, { name: "kv1", resourceGroup: "rg-keys", rbac: false, policies, ...v });
  addKey(world, vault, { name: "k1", ...key });
  if (v?.rbac && grant) {
    assignRole(world, { principalId: identity.oid, role: ROLE.keyVaultCryptoServiceEncryptionUser, scope: `${vault.id}/keys/k1` });
  }
  const use: Use["use"] = (kind = "account", keyUri = keyUriOf(vault, "k1")) => keyUse(world, { keyUri, principalId: identity.oid, kind });
  return { world, vault, use, owner };
}

describe("a healthy path", () => {
  test("tells the current version", () => {
    const { world, vault, use } = setting();
    const newest = addKeyVersion(world, vault, "k1");
    expect(use()).toEqual({ ok: true, version: newest.version });
  });

  test("with a version in the address uses that one", () => {
    const { world, vault, use } = setting();
    const [old] = vault.keys.get("k1")!.versions;
    addKeyVersion(world, vault, "k1", { enabled: false });
    expect(use("cluster", `${keyUriOf(vault, "k1")}/${old!.version}`)).toEqual({ ok: true, version: old!.version });
  });
});

test.each([
  "https://kv1.vault.azure.net/keys/k1/",
  "https://kv1.vault.azure.net/keys",
  "http://kv1.vault.azure.net/keys/k1",
  "https://kv1.example.org/keys/k1",
  "https://kv1.vault.azure.net/secrets/k1",
])("%s is malformed", (keyUri) => {
  expect(setting().use("account", keyUri)).toMatchObject({ ok: false, why: "Malformed" });
});

describe("the way to the vault", () => {
  test("an unknown vault does not resolve", () => {
    expect(setting().use("account", "https://kv9.vault.azure.net/keys/k1")).toMatchObject({ why: "DnsNotResolved" });
  });

  test("a managed HSM lets nobody in, but one whose switch is on", () => {
    const { world, use } = setting();
    const uri = "https://hsm1.managedhsm.azure.net/keys/k1";
    expect(use("account", uri)).toMatchObject({ why: "Forbidden" });
    world.switches["keyvault.openManagedHsm"] = "hsm1";
    expect(use("account", uri)).toMatchObject({ ok: true });
    expect(use("account", "https://hsm2.managedhsm.azure.net/keys/k1")).toMatchObject({ why: "Forbidden" });
  });

  test.each(["VaultNotFound", "DnsNotResolved"])("a soft-deleted vault looks like %s, by switch", async (looks) => {
    const { world, vault, use, owner } = setting({ switches: { "keyvault.softDeletedVaultLooks": looks } });
    await arm(world, "DELETE", vault.id, { as: owner });
    expect(use()).toMatchObject({ ok: false, why: looks });
  });

  test("a vault past its retention does not resolve", async () => {
    const { world, vault, use, owner } = setting();
    await arm(world, "DELETE", vault.id, { as: owner });
    await pass(world, 90 * DAY * 1000);
    expect(use()).toMatchObject({ why: "DnsNotResolved" });
  });

  test.each([
    ["rules and trusted services", { network: { defaultAction: "Deny" } }, true],
    ["rules and no trusted services", { network: { defaultAction: "Deny", bypass: "None" } }, "Firewall"],
    ["no rules and no trusted services", { network: { bypass: "None" } }, true],
    ["public access off and trusted services", { publicNetworkAccess: "Disabled" as const }, true],
    ["public access off and no trusted services", { publicNetworkAccess: "Disabled" as const, network: { bypass: "None" } }, "Firewall"],
    ["a perimeter, which overrides the bypass (network-security.md)", { publicNetworkAccess: "SecuredByPerimeter" as const }, "Perimeter"],
  ])("%s", (_, vault, expected) => {
    expect(setting({ vault }).use()).toMatchObject(expected === true ? { ok: true } : { ok: false, why: expected });
  });
});

describe("access", () => {
  test("a missing policy is forbidden", () => {
    expect(setting({ grant: false }).use()).toMatchObject({ why: "Forbidden" });
  });

  test.each(["get", "wrapKey", "unwrapKey"])("a policy without %s is forbidden", (missing) => {
    const { vault, use } = setting();
    const keys = vault.accessPolicies[0]!.permissions.keys!;
    vault.accessPolicies[0]!.permissions.keys = keys.filter((k) => k !== missing);
    expect(use()).toMatchObject({ why: "Forbidden" });
  });

  test("a cluster needs list too, an account does not", () => {
    const { vault, use } = setting();
    vault.accessPolicies[0]!.permissions.keys = ["get", "wrapKey", "unwrapKey"];
    expect(use("cluster")).toMatchObject({ why: "Forbidden" });
    expect(use("account")).toMatchObject({ ok: true });
  });

  test("only the model in force counts", () => {
    const policies = setting();
    policies.vault.enableRbacAuthorization = true;
    expect(policies.use()).toMatchObject({ why: "Forbidden" });
    const rbac = setting({ vault: { rbac: true, policies: [] } });
    expect(rbac.use("cluster")).toMatchObject({ ok: true });
    rbac.vault.enableRbacAuthorization = false;
    expect(rbac.use()).toMatchObject({ why: "Forbidden" });
  });

  test("a role without wrap is not enough", () => {
    const { world, vault, use } = setting({ vault: { rbac: true }, grant: false });
    const principalId = [...world.principals.values()].find((p) => p.name === "id")!.oid;
    const role = addCustomRole(world, {
      roleName: "half",
      dataActions: ["Microsoft.KeyVault/vaults/keys/read", "Microsoft.KeyVault/vaults/keys/unwrap/action"],
    });
    assignRole(world, { principalId, role: role.name, scope: vault.id });
    expect(use()).toMatchObject({ why: "Forbidden", detail: expect.stringContaining("vaults/keys/wrap/action") });
  });

  test("is checked before the key: who may not look is not told that it is gone", () => {
    const { world, vault, use } = setting({ grant: false });
    softDeleteKey(world, vault, vault.keys.get("k1")!);
    expect(use()).toMatchObject({ why: "Forbidden" });
  });
});

describe("the key", () => {
  test.each([
    ["disabled", { enabled: false }, "Disabled"],
    ["expired", { exp: now }, "Expired"],
    ["not yet valid", { nbf: now + 60 }, "NotYetValid"],
    ["without wrapKey", { keyOps: ["unwrapKey"] }, "OperationNotAllowed"],
    ["without unwrapKey", { keyOps: ["wrapKey"] }, "OperationNotAllowed"],
    ["of another type", { kty: "EC" }, "Unfit"],
    ["in hardware", { kty: "RSA-HSM" }, true],
    ["valid from now on, until later", { nbf: now, exp: now + 1 }, true],
  ])("%s", (_, key, expected) => {
    expect(setting({ key }).use()).toMatchObject(expected === true ? { ok: true } : { ok: false, why: expected });
  });

  test("deleted, and then recovered: not found until it is readable again", async () => {
    const { world, vault, use } = setting();
    const key = vault.keys.get("k1")!;
    softDeleteKey(world, vault, key);
    expect(use()).toMatchObject({ why: "KeyNotFound" });
    recoverKey(world, key);
    expect(use()).toMatchObject({ why: "KeyNotFound" });
    await pass(world, 7000);
    expect(use()).toMatchObject({ ok: true });
  });

  test("an unknown version is not found", () => {
    const { vault, use } = setting();
    expect(use("cluster", `${keyUriOf(vault, "k1")}/${"0".repeat(32)}`)).toMatchObject({ why: "KeyNotFound" });
  });
});
