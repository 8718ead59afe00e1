// Moving a vault to another group: the same vault under another id; what is bound to the old id stays with that.
import { expect, test } from "vitest";
import { ROLE } from "../../../../sandbox/azure/authorization/builtin-roles.ts";
import { assignRole } from "../../../../sandbox/azure/authorization/build.ts";
import { addSystemTopic } from "../../../../sandbox/azure/event-grid/build.ts";
import { addVault } from "../../../../sandbox/azure/keyvault/build.ts";
import { moveRoutes } from "../../../../sandbox/azure/resources/move.ts";
import type { Switches } from "../../../../sandbox/azure/world.ts";
import { aPerson, aWorld, SUBSCRIPTION } from "../pipeline.ts";
import { throughArm } from "../through-arm.ts";

const groupOf = (name: string): string => `/subscriptions/${SUBSCRIPTION}/resourceGroups/${name}`;

function setUp(switches: Switches = {}) {
  const world = aWorld(switches);
  for (const name of ["rg1", "rg2"])
    world.resourceGroups.set(groupOf(name).toLowerCase(), { id: groupOf(name), name, location: "eastus", tags: {} });
  const vault = addVault(world, { name: "kv-orders", resourceGroup: "rg1" });
  const before = vault.id;
  assignRole(world, { principalId: "p1", role: ROLE.keyVaultCryptoServiceEncryptionUser, scope: before });
  const topic = addSystemTopic(world, { resourceGroup: "rg1", name: "t1", source: before, location: "eastus" });
  const arm = throughArm(world, moveRoutes, "2021-04-01");
  const owner = aPerson(world, "owner", { role: ROLE.owner });
  const move = (body: { resources: string[]; targetResourceGroup: string }, who = owner) =>
    arm(who, "POST", `${groupOf("rg1")}/moveResources`, body);
  return { world, vault, before, topic, move };
}

test("takes the vault along and leaves what was assigned at it", async () => {
  const { world, vault, before, topic, move } = setUp();
  expect(await move({ resources: [before], targetResourceGroup: groupOf("rg2") })).toMatchObject({ status: 204 });
  expect(vault.id).toBe(`${groupOf("rg2")}/providers/Microsoft.KeyVault/vaults/kv-orders`);
  expect([...world.vaults.keys()]).toEqual([vault.id.toLowerCase()]);
  expect([...world.roleAssignments.values()].map(({ scope }) => scope)).toContain(before);
  expect(topic.source).toBe(before);
});

test("may take its system topic along: that is documented nowhere", async () => {
  const { vault, before, topic, move } = setUp({ eventGridTopicFollowsMove: true });
  await move({ resources: [before], targetResourceGroup: groupOf("rg2") });
  expect(topic.source).toBe(vault.id);
});

test("goes nowhere where the target is not there, and takes nothing that is not in the group", async () => {
  const { vault, before, move } = setUp();
  expect(await move({ resources: [before], targetResourceGroup: groupOf("rg3") })).toMatchObject({ status: 400 });
  expect(await move({ resources: [before.replace("rg1", "rg2")], targetResourceGroup: groupOf("rg2") })).toMatchObject({ status: 400 });
  expect(vault.id).toBe(before);
});

// Learn, "Move Azure resources to a new resource group or subscription", checklist: resourceGroups/write on the destination resource group.
test.each<[role: string, status: number]>([
  ["keyVaultContributor", 403],
  ["owner", 204],
])("takes the right to write the group that the vault goes to: %s there is answered %i", async (there, status) => {
  const { world, before, move } = setUp();
  const mover = aPerson(world, "mover");
  assignRole(world, { principalId: mover.oid, role: ROLE.owner, scope: groupOf("rg1") });
  assignRole(world, { principalId: mover.oid, role: ROLE[there as keyof typeof ROLE], scope: groupOf("rg2") });
  expect(await move({ resources: [before], targetResourceGroup: groupOf("rg2") }, mover)).toMatchObject({ status });
  expect(world.vaults.has(before.toLowerCase())).toBe(status === 403);
});
