// What the doctor reads from lists is what a look reads one by one, and what comes of it is judged the same.
import { afterEach, beforeEach, expect, test } from "vitest";
import { createGatherFacts } from "../../src/activities/gather-facts.ts";
import { createReadAccess, createReadHeld } from "../../src/azure/read-access.ts";
import { createReadTarget } from "../../src/azure/read-database.ts";
import { createReadIdentity } from "../../src/azure/read-identity.ts";
import { createReadKey } from "../../src/azure/read-key.ts";
import { createReadVault } from "../../src/azure/read-vault.ts";
import { createListEstate, isRead, listSubscriptions, CALLER_READS } from "../../src/azure/list-estate.ts";
import { createListSources } from "../../src/cli/doctor/sources.ts";
import type { Clients } from "../../src/azure/clients.ts";
import type { FactSources } from "../../src/activities/gather-facts.ts";
import type { Rotation, Facts } from "../../src/domain/facts.ts";
import { addLock, addPrincipal, assignRole } from "../../sandbox/azure/authorization/build.ts";
import { ROLE } from "../../sandbox/azure/authorization/builtin-roles.ts";
import { leaveOnly, type Sandbox, startSandbox, withoutEach } from "./sandbox-azure.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(() => sandbox.close());

const readersOf = (clients: Clients): FactSources => ({
  readTarget: createReadTarget(clients),
  readVault: createReadVault(clients),
  readKey: createReadKey(clients),
  readIdentity: createReadIdentity(clients),
  readAccess: createReadAccess(clients),
  readHeld: createReadHeld(clients),
  readEventSubscriptions: async () => ({ state: "unreadable", why: "unusable", detail: "not asked" }),
});

type ListedPatient = Sandbox["estate"]["patients"][number];

function gather({ vault, kind, databases }: ListedPatient, sources: FactSources): Promise<Facts> {
  const listed = databases.map(({ id }) => ({ kind, id, keyUri: `https://${vault.name}.vault.azure.net/keys/x`, identityIds: [] }));
  return createGatherFacts({
    inventory: { listDatabases: async () => listed, findVault: async () => undefined },
    sources: () => sources,
    baselines: { load: async () => ({ baseline: null, expiryExtensions: {}, known: [], lifted: [] }) },
    listWishes: async () => [],
    firstPartyPrincipalId: null,
    tenantId: sandbox.world.tenantId,
    now: () => new Date(sandbox.world.clock.now()),
  })({ id: vault.id, kind: "vault", vaultName: vault.name }, []);
}

/** Where a group has a grant only Azure can say whom it reaches, so the lists then leave that open. */
const withoutGroups = (facts: Facts): Facts => ({
  ...facts,
  access: facts.access.map((access) =>
    access.state === "read"
      ? {
          ...access,
          viaGroups: true,
          assignments: access.assignments.filter(({ principalId }) => principalId === access.principalId),
          definitions: [],
        }
      : access,
  ),
});

async function bothWays(patient: ListedPatient): Promise<{ listed: Facts; single: Facts; asked: number }> {
  const { clients, world } = sandbox;
  const real = readersOf(clients);
  const lists = await createListEstate(clients)(world.subscriptionId);
  const before = [...world.reads.values()].reduce((sum, { count }) => sum + count, 0);
  const listed = await gather(patient, createListSources(new Map([[world.subscriptionId.toLowerCase(), lists]]), real));
  const asked = [...world.reads.values()].reduce((sum, { count }) => sum + count, 0) - before;
  return { listed, single: await gather(patient, real), asked };
}

test("each patient reads the same from lists, for two calls: its key and the versions of it", async () => {
  for (const patient of sandbox.estate.patients) {
    const { listed, single, asked } = await bothWays(patient);
    expect(withoutGroups(listed)).toEqual(withoutGroups(single));
    expect(asked).toBe(2);
  }
});

test("what a role allows is known from the list of roles, and a group's grant leaves open whom it reaches", async () => {
  const { world } = sandbox;
  const patient = sandbox.patient("account", "rbac");
  const group = addPrincipal(world, { name: "sg-more", type: "Group" });
  assignRole(world, { principalId: group.oid, role: ROLE.keyVaultAdministrator, scope: patient.vault.id });
  const { listed } = await bothWays(patient);
  expect(listed.access).toMatchObject([{ viaGroups: false, definitions: [{ roleName: "Key Vault Crypto Service Encryption User" }] }]);
  expect(listed.held?.assignments.map(({ principalId }) => principalId)).toContain(group.oid);
});

test("tells the rotation policy of a key", async () => {
  const patient = sandbox.patient("account", "rbac");
  const heard: (Rotation | null | undefined)[] = [];
  const key = patient.vault.keys.get(patient.keyName)!;
  const facts = async () => {
    const [read] = (await gather(patient, readersOf(sandbox.clients))).keys;
    if (read?.state === "live") heard.push(read.rotation);
  };
  key.rotationPolicy = undefined;
  await facts();
  key.rotationPolicy = {
    lifetimeActions: [{ trigger: { timeBeforeExpiry: "P30D" }, action: { type: "Notify" } }],
    attributes: { expiryTime: "P180D" },
  };
  await facts();
  key.rotationPolicy = { lifetimeActions: [{ trigger: { timeAfterCreate: "P90D" }, action: { type: "Rotate" } }], attributes: {} };
  await facts();
  expect(heard).toEqual([null, { rotates: false, expiryTime: "P180D" }, { rotates: true, expiryTime: null }]);
});

test("lists subscriptions and locks", async () => {
  const { clients, world } = sandbox;
  const { vault } = sandbox.patient("account", "rbac");
  addLock(world, { scope: vault.id, name: "keep", level: "ReadOnly" });
  leaveOnly(sandbox, { observe: CALLER_READS });
  await sandbox.pass(30);
  expect(await listSubscriptions(clients)).toMatchObject([{ id: world.subscriptionId, tenantId: world.tenantId }]);
  expect((await createListEstate(clients)(world.subscriptionId)).locks).toEqual([{ scope: vault.id, level: "ReadOnly" }]);
});

test("a list that is refused says so, and hides no other", async () => {
  const { clients, world } = sandbox;
  for (const { action, left } of withoutEach(CALLER_READS)) {
    leaveOnly(sandbox, { observe: left });
    await sandbox.pass(30);
    const lists = await createListEstate(clients)(world.subscriptionId);
    const refused = Object.values(lists).filter((one) => !isRead<unknown>(one));
    expect({ action, refused: refused.length }).toEqual({ action, refused: 1 });
  }
});
