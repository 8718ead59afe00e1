import { expect, test } from "vitest";
import { addVault } from "../../../../sandbox/azure/keyvault/build.ts";
import type { Json, Principal, StoredPolicy, Vault, World } from "../../../../sandbox/azure/world.ts";
import { arm, at, aWorld, GROUP, refusal, TENANT } from "./support.ts";

const KV = `${GROUP}/providers/Microsoft.KeyVault/vaults/kv1`;

const policy = (objectId: string, keys: string[], more: object = {}): StoredPolicy => ({
  tenantId: TENANT,
  objectId,
  permissions: { keys, ...more },
});

function aVault(world: World): Vault {
  return addVault(world, {
    name: "kv1",
    resourceGroup: "rg-keys",
    rbac: false,
    policies: [
      { objectId: "o1", keys: ["Get"] },
      { objectId: "o2", keys: ["all"] },
    ],
  });
}

const change = (world: World, as: Principal, kind: string, ...entries: StoredPolicy[]) =>
  arm(world, "PUT", `${KV}/accessPolicies/${kind}`, { as, body: { properties: { accessPolicies: entries as Json } } });

test("add answers only what was sent, under an id that ends in a slash, as recorded in KeyVaultTest.test_update_access_policy.json", async () => {
  const { world, owner } = aWorld();
  aVault(world);
  const sent = policy("o3", ["get"]);
  expect(await change(world, owner, "add", sent)).toEqual({
    status: 200,
    body: { id: `${KV}/accessPolicies/`, type: "Microsoft.KeyVault/vaults/accessPolicies", properties: { accessPolicies: [sent] } },
  });
});

test("add joins one principal's permissions, at the end of the list, and drops none", async () => {
  const { world, owner } = aWorld();
  const vault = aVault(world);
  await change(world, owner, "add", policy("O1", ["get", "wrapKey"], { secrets: ["list"] }));
  expect(vault.accessPolicies).toEqual([policy("o2", ["all"]), policy("o1", ["Get", "wrapKey"], { secrets: ["list"] })]);
});

test("replace gives one principal just what was sent", async () => {
  const { world, owner } = aWorld();
  const vault = aVault(world);
  await change(world, owner, "replace", policy("o1", ["list"]));
  expect(vault.accessPolicies).toEqual([policy("o2", ["all"]), policy("o1", ["list"])]);
});

test("remove takes permissions away, and the entry once none is left", async () => {
  const { world, owner } = aWorld();
  const vault = aVault(world);
  await change(world, owner, "add", policy("o1", ["list"]));
  await change(world, owner, "remove", policy("o1", ["GET"]));
  expect(vault.accessPolicies).toEqual([policy("o2", ["all"]), policy("o1", ["list"])]);
  await change(world, owner, "remove", policy("o1", ["list", "wrapKey"]));
  expect(vault.accessPolicies).toEqual([policy("o2", ["all"])]);
});

test("each change raises VaultAccessPolicyChanged, which does not say what changed", async () => {
  const { world, owner, events } = aWorld();
  const vault = aVault(world);
  await change(world, owner, "add", policy("o3", ["get"]));
  expect(events).toMatchObject([{ source: vault.id, eventType: "Microsoft.KeyVault.VaultAccessPolicyChanged", dataVersion: "1" }]);
  expect(JSON.stringify(events)).not.toContain("o3");
});

test.each([
  ["another tenant", [{ ...policy("o1", ["get"]), tenantId: "00000000-0000-4000-8000-000000000001" }]],
  ["one principal twice", [policy("o1", ["get"]), policy("o1", ["list"])]],
])("%s is refused and nothing stored", async (_, entries) => {
  const { world, owner } = aWorld();
  const vault = aVault(world);
  const before = structuredClone(vault.accessPolicies);
  expect(await refusal(change(world, owner, "add", ...entries))).toMatchObject({ status: 400, code: "BadRequest" });
  expect(vault.accessPolicies).toEqual(before);
});

test("a missing vault has no access policies", async () => {
  const { world, owner } = aWorld();
  expect(await refusal(change(world, owner, "add", policy("o1", ["get"])))).toMatchObject({ status: 404, code: "ResourceNotFound" });
});

test("what is read back keeps the casing that was sent", async () => {
  const { world, owner } = aWorld();
  aVault(world);
  const { body } = await arm(world, "GET", KV, { as: owner });
  expect(at(body, "properties", "accessPolicies", 0, "permissions")).toEqual({ keys: ["Get"] });
});
