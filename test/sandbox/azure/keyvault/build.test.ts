import { expect, test } from "vitest";
import { addKey, addKeyVersion, addVault } from "../../../../sandbox/azure/keyvault/build.ts";
import { currentVersion } from "../../../../sandbox/azure/keyvault/key-state.ts";
import { setting } from "../../../../sandbox/azure/keyvault/switches.ts";
import { vaultOfHost } from "../../../../sandbox/azure/keyvault/vault-state.ts";
import { aWorld, now } from "./support.ts";

test("the same seed makes the same versions, whatever else is made before", () => {
  const make = (before: boolean): unknown => {
    const { world } = aWorld();
    const other = addVault(world, { name: "kv0", resourceGroup: "rg-keys" });
    if (before) addKey(world, other, { name: "k0" });
    const vault = addVault(world, { name: "kv1", resourceGroup: "rg-keys" });
    addKey(world, vault, { name: "k1" });
    return addKeyVersion(world, vault, "k1");
  };
  expect(make(true)).toEqual(make(false));
});

test("a key is fit for a database and made long ago, a further version now", () => {
  const { world } = aWorld();
  const vault = addVault(world, { name: "kv1", resourceGroup: "rg-keys" });
  const key = addKey(world, vault, { name: "k1" });
  const newer = addKeyVersion(world, vault, "k1");
  expect(key.versions[0]).toMatchObject({ kty: "RSA", keySize: 4096, enabled: true, keyOps: ["wrapKey", "unwrapKey"] });
  expect(key.versions[0]!.version).toMatch(/^[0-9a-f]{32}$/);
  expect(key.versions[0]!.created).toBeLessThan(newer.created);
  expect(newer.created).toBe(now);
  expect(() => addKeyVersion(world, vault, "k2")).toThrow("kv1 has no key k2");
});

test("of versions made in one second the last is the current one", () => {
  const { world } = aWorld();
  const vault = addVault(world, { name: "kv1", resourceGroup: "rg-keys" });
  const key = addKey(world, vault, { name: "k1", created: now });
  const second = addKeyVersion(world, vault, "k1");
  expect(currentVersion(key)).toBe(second);
});

test("a modulus has its first bit set, so that its length is the key's size", () => {
  const { world } = aWorld();
  const vault = addVault(world, { name: "kv1", resourceGroup: "rg-keys" });
  const key = addKey(world, vault, { name: "k1" });
  for (let i = 0; i < 8; i++) addKeyVersion(world, vault, "k1");
  expect(key.versions.map((v) => Buffer.from(v.n, "base64url")[0]! >= 0x80)).toEqual(Array.from({ length: 9 }, () => true));
});

test("a vault is found by its host in any casing, and after another took its name", () => {
  const { world } = aWorld();
  const first = addVault(world, { name: "Kv1", resourceGroup: "rg-keys" });
  expect(vaultOfHost(world, "KV1.vault.azure.net")).toBe(first);
  expect(vaultOfHost(world, "kv1.vault.azure.net.example.org")).toBeUndefined();
  world.vaults.delete(first.id.toLowerCase());
  const second = addVault(world, { name: "kv1", resourceGroup: "rg-other" });
  expect(vaultOfHost(world, "kv1.vault.azure.net")).toBe(second);
});

test("a switch of the wrong type is a mistake, not a default", () => {
  const { world } = aWorld({ "keyvault.deletedKeyVisibleAfterMs": "14 s" });
  expect(() => setting(world, "keyvault.deletedKeyVisibleAfterMs")).toThrow("takes a number");
});
