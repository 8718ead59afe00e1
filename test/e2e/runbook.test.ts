// The runbook of an incident, carried out by a person with the Azure CLI. Needs `az` on PATH; takes minutes, since az looks at an update every 30 s.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Incident } from "../../sandbox/running/app-api.ts";
import { addDenyAssignment } from "../../sandbox/azure/authorization/build.ts";
import { setSystemIdentity, typeOf } from "../../sandbox/azure/documentdb/identity.ts";
import { keyPath } from "../../sandbox/azure/documentdb/key-path.ts";
import { same } from "../../sandbox/azure/routes.ts";
import type { Patient } from "../../sandbox/estate/estate.ts";
import { azProblem, openShell, type Shell } from "../support/az.ts";
import { type App, type AppOptions, ended, MINUTE, SECOND, startApp } from "./app.ts";
import { removeGrant, removePolicy, rotateBehindPin } from "./breaks.ts";

/** Virtual milliseconds per real one while people work: most updates end before az looks for the second time. */
const SPEED = 10;
const GRANTED = 10 * MINUTE;
/** From where people call in the sandbox. */
const OFFICE = "203.0.113.0/24";
const VAULTS = "2026-02-01";

type Bench = AsyncDisposable & { app: App; shell: Shell };
type Break = (app: App, patient: Patient) => Promise<unknown>;
type Arrange = NonNullable<AppOptions["arrange"]>;

async function open(options: AppOptions): Promise<Bench> {
  const dir = await mkdtemp(join(tmpdir(), "runbook-"));
  const app = await startApp(options);
  const { network, estate, world } = app.sandbox;
  const shell = openShell(network, dir);
  const { appid, secret } = estate.operator;
  await shell.run(`az login --service-principal --username ${appid} --password ${secret} --tenant ${world.tenantId}`);
  return {
    app,
    shell,
    async [Symbol.asyncDispose]() {
      await app.close();
      await rm(dir, { recursive: true });
    },
  };
}

/** Breaks it, lets Keymend come to its end without a change to anything, and says what it tells people then. */
async function breakAndAsk(app: App, patient: Patient, breakIt: Break): Promise<Incident> {
  const since = app.sandbox.world.clock.iso();
  await breakIt(app, patient);
  await app.operator.app("POST", "/api/heal", { id: patient.vault.id, reason: "pager went off" });
  const { incidents, writes } = await ended(app, patient, since);
  expect(writes.filter(({ status }) => status < 300)).toEqual([]);
  return incidents.at(-1)!;
}

/** What all lines print. A person waits by the clock on the wall, which is the sandbox's. */
async function follow({ app, shell }: Bench, { vault }: Patient, runbook: readonly string[]): Promise<string> {
  const own = await shell.another(vault.name);
  let printed = "";
  for (const line of runbook) {
    const seconds = /^sleep (\d+)/.exec(line)?.[1];
    if (seconds === undefined) printed += await own.run(line);
    else await app.sandbox.time.advance(Number(seconds) * SECOND);
  }
  return printed;
}

const broken = ({ sandbox }: App, { databases }: Patient): string[] =>
  databases.flatMap((database) => {
    const path = keyPath(sandbox.world, database);
    return path.ok ? [] : [`${database.name}: ${path.why}`];
  });

const unix = ({ sandbox }: App, ms: number): number => Math.floor((sandbox.world.clock.now() + ms) / SECOND);

const deleteIdentity: Break = ({ operator }, { identity }) => operator.arm("DELETE", identity.id, "2024-11-30");

const CONDITION = "(!(ActionMatches{'Microsoft.KeyVault/vaults/keys/purge/action'}))";
const DESCRIPTION = 'it\'s for "orders"; $(touch pwned) `id`';

/** A grant with a condition and a description that a shell could choke on. */
const grantWithCondition: Arrange = (world, { patients }) => {
  const orders = patients.find(({ vault }) => vault.name === "kv-orders")!;
  for (const assignment of world.roleAssignments.values()) {
    if (!same(assignment.principalId, orders.identity.principalId)) continue;
    Object.assign(assignment, { condition: CONDITION, conditionVersion: "2.0", description: DESCRIPTION });
  }
};

/** The account of payments reaches its key by its system-assigned identity. */
const useOwnIdentity: Arrange = (world, { patients }) => {
  const { vault, databases } = patients.find((patient) => patient.vault.name === "kv-payments")!;
  for (const database of databases) {
    if (!("defaultIdentity" in database)) continue;
    setSystemIdentity(world, database, true);
    Object.assign(database, { defaultIdentity: "SystemAssignedIdentity" });
    database.identity.type = typeOf(database.identity);
    vault.accessPolicies.push({
      tenantId: world.tenantId,
      objectId: database.identity.principalId!,
      permissions: { keys: ["get", "wrapKey", "unwrapKey"] },
    });
  }
};

const switchOwnIdentityOff: Break = async (app, { databases, identity }) => {
  for (const { id } of databases)
    await app.operator.arm("PATCH", id, "2026-03-15", {
      identity: { type: "UserAssigned", userAssignedIdentities: { [identity.id]: {} } },
    });
  await app.wait(10 * MINUTE);
};

const takeGranterAway: Arrange = (world, { keymend }) => {
  const granter = [...world.roleDefinitions.values()].find(({ roleName }) => roleName.startsWith("Keymend Granter"))!;
  for (const [id, { principalId, roleDefinitionId }] of world.roleAssignments)
    if (principalId === keymend.access.principalId && roleDefinitionId.endsWith(granter.name)) world.roleAssignments.delete(id);
};

type Case = { name: string; steps: string[]; breakIt: Break };

const OBSERVED: Case[] = [
  {
    name: "orders",
    steps: ["EnableKeyVersion", "SetKeyNotBefore", "RestoreKeyOperations", "RestoreRoleAssignment"],
    async breakIt(app, patient) {
      const attributes = { enabled: false, nbf: unix(app, 60 * MINUTE) };
      const { vault, keyName } = patient;
      await app.operator.key("PATCH", vault.name, `/keys/${keyName}/`, { attributes, key_ops: ["encrypt", "decrypt"] });
      await removeGrant(app, patient);
    },
  },
  {
    name: "payments",
    steps: ["CreateIdentity", "AddAccessPolicyPermissions", "AttachIdentity", "SetDefaultIdentity", "DetachIdentity"],
    breakIt: deleteIdentity,
  },
  {
    name: "catalog",
    steps: ["CreateIdentity", "GrantKeyRole", "SetClusterEncryption", "SetClusterEncryption", "DetachIdentity", "DetachIdentity"],
    breakIt: deleteIdentity,
  },
  {
    name: "sessions",
    steps: ["ExtendKeyExpiry", "AddAccessPolicyPermissions", "AllowTrustedServices"],
    async breakIt(app, patient) {
      const { vault, keyName } = patient;
      await app.operator.key("PATCH", vault.name, `/keys/${keyName}/`, { attributes: { exp: unix(app, -MINUTE) } });
      await removePolicy(app, patient);
      const networkAcls = { bypass: "None", defaultAction: "Deny", ipRules: [{ value: OFFICE }], virtualNetworkRules: [] };
      await app.operator.arm("PATCH", vault.id, VAULTS, { properties: { networkAcls } });
    },
  },
];

const GONE: Case[] = [
  {
    name: "orders",
    steps: ["RecoverVault", "RestoreRoleAssignment", "RestoreEventSubscription"],
    breakIt: ({ operator }, { vault }) => operator.arm("DELETE", vault.id, VAULTS),
  },
  {
    name: "payments",
    steps: ["RecoverKey", "SetKeyUri"],
    async breakIt(app, { databases, vault, keyName }) {
      for (const database of databases) if ("keyVaultKeyUri" in database) database.keyVaultKeyUri += "/";
      await app.operator.key("DELETE", vault.name, `/keys/${keyName}`);
      // A deleted key shows among the deleted ones some seconds later.
      await app.wait(MINUTE);
    },
  },
  { name: "catalog", steps: ["SetClusterEncryption", "SetClusterEncryption"], breakIt: rotateBehindPin },
];

async function observeAndFollow(bench: Bench, cases: readonly Case[]): Promise<void> {
  const { app } = bench;
  const all: [Patient, Incident][] = [];
  for (const { name, steps, breakIt } of cases) {
    const patient = app.patient(name);
    const told = await breakAndAsk(app, patient, breakIt);
    expect(told).toMatchObject({ outcome: "Observed" });
    expect(told.plan?.steps.map((step) => step.name).toSorted()).toEqual(steps.toSorted());
    all.push([patient, told]);
  }
  await app.sandbox.time.setSpeed(SPEED);
  await Promise.all(all.map(([patient, { runbook }]) => follow(bench, patient, runbook)));
  await app.sandbox.time.setSpeed(0);
  await app.wait(GRANTED);
  for (const [patient] of all) expect(broken(app, patient)).toEqual([]);
}

describe.skipIf(azProblem !== undefined)("a runbook", () => {
  test("of mode observe does by hand what the plan says, look-ups and odd text included", async () => {
    await using bench = await open({ mode: "observe", arrange: grantWithCondition });
    await observeAndFollow(bench, OBSERVED);

    const { roleAssignments } = bench.app.sandbox.world;
    const restored = [...roleAssignments.values()].find(({ description }) => description === DESCRIPTION);
    expect(restored).toMatchObject({ condition: CONDITION, conditionVersion: "2.0" });
    expect(bench.app.patient("sessions").vault.networkAcls).toMatchObject({ bypass: "AzureServices", ipRules: [{ value: OFFICE }] });
    // What is gone does not stay attached.
    for (const { databases, identity } of [bench.app.patient("payments"), bench.app.patient("catalog")])
      for (const { identity: now } of databases) expect([...now.userAssigned.keys()].filter((id) => same(id, identity.id))).toEqual([]);
  });

  test("of an account's own identity switches it on, grants what is a new principal, and only then makes it the default", async () => {
    await using bench = await open({ mode: "observe", arrange: useOwnIdentity });
    const { app } = bench;
    const patient = app.patient("payments");
    const [account] = patient.databases;
    const before = account!.identity.principalId;
    const told = await breakAndAsk(app, patient, switchOwnIdentityOff);
    expect(told.plan?.steps.map((step) => step.name)).toEqual(["AttachIdentity", "AddAccessPolicyPermissions", "SetDefaultIdentity"]);
    await app.sandbox.time.setSpeed(SPEED);
    await follow(bench, patient, told.runbook);
    await app.sandbox.time.setSpeed(0);
    await app.wait(GRANTED);
    expect(account!.identity.principalId).not.toBe(before);
    expect(broken(app, patient)).toEqual([]);
  });

  test("of mode observe brings back what was deleted", async () => {
    await using bench = await open({ mode: "observe" });
    await observeAndFollow(bench, GONE);

    const { eventSubscriptions } = bench.app.sandbox.world;
    expect([...eventSubscriptions.keys()].filter((id) => id.includes("evgt-kv-orders"))).toHaveLength(1);
    for (const database of bench.app.patient("catalog").databases)
      expect(database).toMatchObject({ keyEncryptionKeyUrl: "https://kv-catalog.vault.azure.net/keys/cmk-catalog" });
  });

  test("of a healer that is not permitted does what it lacks the permission for", async () => {
    await using bench = await open({ mode: "heal", arrange: takeGranterAway });
    const { app } = bench;
    const patient = app.patient("catalog");
    const told = await breakAndAsk(app, patient, removeGrant);
    expect(told).toMatchObject({ outcome: "Escalated", reason: "NotPermitted" });
    await app.wait(GRANTED);
    expect(broken(app, patient)).toEqual(["catalog: Forbidden", "catalog-search: Forbidden"]);

    await follow(bench, patient, told.runbook);
    await app.wait(GRANTED);
    expect(broken(app, patient)).toEqual([]);
  });

  const PROVEN: [string, Break, string][] = [
    [
      "orders",
      async ({ sandbox }, { vault, identity }) => {
        const permissions = [{ actions: [], notActions: [], dataActions: ["Microsoft.KeyVault/vaults/keys/*"], notDataActions: [] }];
        const principals = [{ id: identity.principalId, type: "ServicePrincipal" }];
        addDenyAssignment(sandbox.world, { scope: vault.id, permissions, principals });
      },
      "Microsoft.KeyVault/vaults/keys/*",
    ],
    [
      "payments",
      ({ operator }, { vault }) => operator.arm("PATCH", vault.id, VAULTS, { properties: { publicNetworkAccess: "SecuredByPerimeter" } }),
      "SecuredByPerimeter",
    ],
    [
      "sessions",
      ({ operator }, { vault, keyName }) => operator.key("POST", vault.name, `/keys/${keyName}/create`, { kty: "EC", crv: "P-256" }),
      '"type": "EC"',
    ],
  ];

  test("where no step mends it only reads, and proves what was found", async () => {
    await using bench = await open({ mode: "heal" });
    const { app } = bench;
    const { world } = app.sandbox;
    for (const [name, breakIt, proof] of PROVEN) {
      const patient = app.patient(name);
      const told = await breakAndAsk(app, patient, breakIt);
      expect(told).toMatchObject({ outcome: "Escalated" });
      const before = world.writes.length;
      expect(await follow(bench, patient, told.runbook)).toContain(proof);
      expect(world.writes.slice(before)).toEqual([]);
    }
  });
});
