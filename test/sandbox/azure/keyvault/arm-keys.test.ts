import { expect, test } from "vitest";
import { addPrincipal } from "../../../../sandbox/azure/authorization/build.ts";
import { addKey, addKeyVersion, addVault } from "../../../../sandbox/azure/keyvault/build.ts";
import { softDeleteKey } from "../../../../sandbox/azure/keyvault/key-change.ts";
import { arm, at, aWorld, DAY, GROUP, now, refusal, type Setting } from "./support.ts";

const KEYS = `${GROUP}/providers/Microsoft.KeyVault/vaults/kv1/keys`;

function setting(switches = {}): Setting & { vault: ReturnType<typeof addVault> } {
  const found = aWorld(switches);
  const vault = addVault(found.world, { name: "kv1", resourceGroup: "rg-keys", network: { defaultAction: "Deny" } });
  addKey(found.world, vault, { name: "k1", exp: now + 30 * DAY });
  return { ...found, vault };
}

test("a list has attributes and address only, as in the specification's example listKeys.json", async () => {
  const { world, owner } = setting();
  const { body } = await arm(world, "GET", KEYS, { as: owner });
  expect(at(body, "value", 0)).toMatchObject({
    id: `${KEYS}/k1`,
    name: "k1",
    type: "Microsoft.KeyVault/vaults/keys",
    location: "westus2",
    properties: { attributes: { enabled: true, exp: now + 30 * DAY }, keyUri: "https://kv1.vault.azure.net:443/keys/k1" },
  });
  expect(at(body, "value", 0, "properties")).not.toHaveProperty("kty");
  expect(body).not.toHaveProperty("nextLink");
});

test("one key shows type, size, operations and the current version, behind the firewall too (network-security.md)", async () => {
  const { world, owner, vault } = setting();
  const newer = addKeyVersion(world, vault, "k1", { enabled: false, keySize: 3072 });
  const { body } = await arm(world, "GET", `${KEYS}/k1`, { as: owner });
  expect(at(body, "properties")).toMatchObject({
    attributes: { enabled: false },
    kty: "RSA",
    keySize: 3072,
    keyOps: ["wrapKey", "unwrapKey"],
    keyUriWithVersion: `https://kv1.vault.azure.net:443/keys/k1/${newer.version}`,
  });
});

test("versions are listed by id and read one by one", async () => {
  const { world, owner, vault } = setting();
  for (let i = 0; i < 4; i++) addKeyVersion(world, vault, "k1");
  const { body } = await arm(world, "GET", `${KEYS}/k1/versions`, { as: owner });
  const names = (at(body, "value") as { name: string }[]).map((v) => v.name);
  expect(names).toHaveLength(5);
  expect(names).toEqual([...names].sort());
  const one = await arm(world, "GET", `${KEYS}/k1/versions/${names[0]}`, { as: owner });
  expect(one.body).toMatchObject({ name: names[0], type: "Microsoft.KeyVault/vaults/keys/versions", properties: { kty: "RSA" } });
});

test("a key that is absent or soft-deleted is 404", async () => {
  const { world, owner, vault } = setting();
  expect(await refusal(arm(world, "GET", `${KEYS}/k2`, { as: owner }))).toMatchObject({ status: 404, code: "KeyNotFound" });
  softDeleteKey(world, vault, vault.keys.get("k1")!);
  expect(await refusal(arm(world, "GET", `${KEYS}/k1`, { as: owner }))).toMatchObject({ status: 404 });
});

test("PUT makes a key that is not there and never changes one that is (quick-create-template.md)", async () => {
  const { world, owner, vault } = setting();
  const made = await arm(world, "PUT", `${KEYS}/k2`, {
    as: owner,
    body: { properties: { kty: "RSA", keySize: 4096, keyOps: ["wrapKey"] } },
  });
  expect(at(made.body, "properties")).toMatchObject({ keySize: 4096, keyOps: ["wrapKey"] });
  const before = structuredClone(vault.keys.get("k1"));
  const kept = await arm(world, "PUT", `${KEYS}/k1`, { as: owner, body: { properties: { kty: "EC", attributes: { enabled: false } } } });
  expect(at(kept.body, "properties")).toMatchObject({ kty: "RSA", attributes: { enabled: true } });
  expect(vault.keys.get("k1")).toEqual(before);
});

test("PUT on a soft-deleted name is a conflict", async () => {
  const { world, owner, vault } = setting();
  softDeleteKey(world, vault, vault.keys.get("k1")!);
  const error = await refusal(arm(world, "PUT", `${KEYS}/k1`, { as: owner, body: { properties: { kty: "RSA" } } }));
  expect(error).toMatchObject({ status: 409, code: "Conflict" });
});

test("where the data plane denies, ARM may answer 400 ForbiddenByRbac (Azure/bicep issue 6539): a switch", async () => {
  const { world, owner } = setting({ "keyvault.armKeysAskDataPlane": true });
  const stranger = addPrincipal(world, { name: "stranger" });
  const error = await refusal(arm(world, "GET", `${KEYS}/k1`, { as: stranger }));
  expect(error).toMatchObject({ status: 400, code: "ForbiddenByRbac" });
  expect(error.message).toMatch(
    /^\[ForbiddenByRbac \(Forbidden\)\] Caller is not authorized to perform action on resource\.\r\n.*name=KeyVault\/ManagementPlane/s,
  );
  expect((await arm(world, "GET", `${KEYS}/k1`, { as: owner })).status).toBe(200);
});

test("the rotation policy shows with its actions written small", async () => {
  const { world, owner } = setting();
  const { body } = await arm(world, "GET", `${KEYS}/k1`, { as: owner });
  expect(at(body, "properties", "rotationPolicy", "lifetimeActions")).toEqual([
    { trigger: { timeBeforeExpiry: "P30D" }, action: { type: "notify" } },
  ]);
});
