/** What Keymend's own identities lack, as Azure's lists and definitions tell it: of the deployment's own roles nothing, and of each that is gone just that. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { addPrincipal, assignRole } from "../../sandbox/azure/authorization/build.ts";
import { appIdOf } from "../../sandbox/estate/patient.ts";
import { createWatchRoles } from "../../src/activities/watch-roles.ts";
import { createListSubscription } from "../../src/azure/list-subscription.ts";
import { createReadRoles } from "../../src/azure/sources.ts";
import { ALLOWABLE, IDENTITIES } from "../../src/domain/capability.ts";
import type { RoleLack, RolesRecord } from "../../src/domain/roles/lacking.ts";
import { someSettings } from "../support/builders.ts";
import { fakeLog } from "../support/fakes.ts";
import { type Sandbox, startSandbox } from "./sandbox-azure.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(() => sandbox.close());

const principalsOf = ({ estate: { keymend, supportCaller } }: Sandbox) => ({
  observe: keymend.observe.principalId,
  keys: keymend.keys.principalId,
  access: keymend.access.principalId,
  databases: keymend.databases.principalId,
  vaults: keymend.vaults.principalId,
  support: supportCaller!.principalId,
});

async function lacks(of: Sandbox): Promise<RoleLack[]> {
  const { clients, world } = of;
  const kept: RolesRecord[] = [];
  const { hearing, watch } = createWatchRoles({
    ...createReadRoles(clients),
    subscriptionIds: [world.subscriptionId],
    deployed: {
      ...someSettings(),
      principals: principalsOf(of),
      allowed: ALLOWABLE,
      functionAppId: appIdOf(world),
      firstPartyPrincipalId: null,
    },
    load: async () => null,
    keep: async (record) => void kept.push(record),
    now: () => new Date(world.clock.now()),
  });
  await hearing(createListSubscription(clients))(world.subscriptionId);
  await watch(fakeLog());
  return kept[0]!.lacks;
}

const ownOf = ({ world }: Sandbox, principalId: string) => [...world.roleAssignments].filter(([, one]) => one.principalId === principalId);

test("the roles that are deployed lack nothing, nor those that are held through a group", async () => {
  expect(await lacks(sandbox)).toEqual([]);
  const { world, estate } = sandbox;
  const group = addPrincipal(world, { name: "sg-keymend", type: "Group" });
  const [[id, { roleDefinitionId, scope }] = ["", { roleDefinitionId: "", scope: "" }]] = ownOf(
    sandbox,
    estate.keymend.databases.principalId,
  );
  world.roleAssignments.delete(id);
  assignRole(world, { principalId: group.oid, role: roleDefinitionId.split("/").at(-1)!, scope });
  expect(new Set((await lacks(sandbox)).map(({ capability }) => capability))).toEqual(new Set(["databases"]));
  world.principals.get(estate.keymend.databases.principalId)!.memberOf.push(group.oid);
  expect(await lacks(sandbox)).toEqual([]);
});

test.each(IDENTITIES.filter((name) => name !== "observe"))(
  "each role of %s that is gone is told, and of that one alone",
  async (capability) => {
    const principalId = principalsOf(sandbox)[capability];
    const own = ownOf(sandbox, principalId);
    expect(own.length).toBeGreaterThan(0);
    for (const [id, assignment] of own) {
      sandbox.world.roleAssignments.delete(id);
      const told = await lacks(sandbox);
      expect(told.map((lack) => [lack.capability, lack.state])).toEqual(told.map(() => [capability, "lacking"]));
      const definition = [...sandbox.world.roleDefinitions.values()].find(({ name }) => assignment.roleDefinitionId.endsWith(name))!;
      const given = definition.permissions.flatMap(({ actions, dataActions }) => [...actions, ...dataActions]).toSorted();
      expect([...new Set(told.flatMap(({ actions }) => actions))].toSorted()).toEqual(given);
      sandbox.world.roleAssignments.set(id, assignment);
    }
  },
);

test("without sight of the lists it is observe that lacks", async () => {
  for (const [id] of ownOf(sandbox, sandbox.estate.keymend.observe.principalId)) sandbox.world.roleAssignments.delete(id);
  expect(await lacks(sandbox)).toMatchObject([{ capability: "observe", vaultIds: [`/subscriptions/${sandbox.world.subscriptionId}`] }]);
});
