/** What each read declares is what it takes: with just that it sees all, and without any one of it, it does not. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { addWorkspace } from "../../sandbox/azure/monitor/build.ts";
import { armUrl } from "../../src/azure/arm.ts";
import { declaredReads } from "../../src/azure/declared-reads.ts";
import { createInventory } from "../../src/azure/inventory.ts";
import { createListSubscription } from "../../src/azure/list-subscription.ts";
import { createReadAccess, createReadHeld } from "../../src/azure/read-access.ts";
import { createReadActivityLog } from "../../src/azure/read-activity-log.ts";
import { createReadTarget } from "../../src/azure/read-database.ts";
import { createReadEventSubscriptions, createTopicsOf } from "../../src/azure/read-event-subscriptions.ts";
import { createReadIdentity } from "../../src/azure/read-identity.ts";
import { createReadKeyLog } from "../../src/azure/read-key-log.ts";
import { createReadKey } from "../../src/azure/read-key.ts";
import { createReadUndelivered } from "../../src/azure/read-undelivered.ts";
import { createReadVault } from "../../src/azure/read-vault.ts";
import { createStepWriter } from "../../src/azure/write-step.ts";
import type { Permission } from "../../src/domain/steps/spec.ts";
import { leaveOnly, type Sandbox, startSandbox, withoutEach } from "./sandbox-azure.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(() => sandbox.close());

const now = () => new Date();

const begun = new WeakMap<Sandbox, string[]>();

/** The addresses at which two changes may be followed, all that Azure names. */
async function beginOperations({ clients, patient }: Sandbox): Promise<string[]> {
  const url = (kind: "account" | "cluster", version: string): string => armUrl(patient(kind, "rbac").databases[0]!.id, version);
  const change = { tags: { changed: "once" } };
  const answers = [
    await clients.arm.send("PATCH", url("account", "api-version=2026-03-15"), change),
    await clients.arm.send("PATCH", url("cluster", "api-version=2026-06-01"), change),
  ];
  const addresses = answers.flatMap(({ header }) => [header("azure-asyncoperation"), header("location")]);
  expect(addresses.every((address) => address !== undefined)).toBe(true);
  return addresses.flatMap((address) => address ?? []);
}

/** The first look of each test has all rights: what it takes to have something to look at is made by it. */
const reads: Readonly<Record<keyof typeof declaredReads, (sandbox: Sandbox) => Promise<unknown>>> = {
  READ_INVENTORY: async ({ clients, world, patient }) => {
    const { vault } = patient("account", "policies");
    vault.deleted = { at: world.clock.now(), purgeAt: world.clock.now() + 86_400_000 };
    const inventory = createInventory(clients, now, () => undefined);
    const found = [await inventory.findVault(patient("account", "rbac").vault.name), await inventory.findVault(vault.name)];
    return { databases: await inventory.listDatabases(), found };
  },
  READ_DATABASE: ({ clients, patient }) =>
    Promise.all((["account", "cluster"] as const).map((kind) => createReadTarget(clients)(kind, patient(kind, "rbac").databases[0]!.id))),
  READ_VAULT: async ({ clients, world, patient }) => {
    const { vault } = patient("account", "policies");
    vault.deleted = { at: world.clock.now(), purgeAt: world.clock.now() + 86_400_000 };
    return Promise.all([vault, patient("account", "rbac").vault].map(({ id, name }) => createReadVault(clients)({ id, name })));
  },
  READ_SUBSCRIPTION_LISTS: ({ clients, world }) => createListSubscription(clients)(world.subscriptionId),
  READ_KEY: async ({ clients, world, patient }) => {
    const seconds = Math.floor(world.clock.now() / 1000);
    const { vault, keyName } = patient("account", "rbac");
    const lost = patient("cluster", "rbac");
    lost.vault.keys.get(lost.keyName)!.deleted = { deletedDate: seconds, scheduledPurgeDate: seconds + 86_400, visibleAt: 0 };
    const ref = ({ id, name }: typeof vault) => ({ id, name, uri: `https://${name}.vault.azure.net` });
    return Promise.all([createReadKey(clients)(ref(vault), keyName), createReadKey(clients)(ref(lost.vault), lost.keyName)]);
  },
  READ_IDENTITY: ({ clients, patient }) => createReadIdentity(clients)(patient("account", "rbac").identity.id),
  READ_ACCESS: ({ clients, patient }) => {
    const { vault, keyName, identity } = patient("account", "rbac");
    return createReadAccess(clients)({ principalId: identity.principalId, keyScope: `${vault.id}/keys/${keyName}`, keyName });
  },
  READ_HELD: ({ clients, patient }) => createReadHeld(clients)(patient("account", "rbac").vault.id),
  READ_ACTIVITY_LOG: ({ clients, world, patient }) => {
    const at = (minutes: number): string => new Date(world.clock.now() + minutes * 60_000).toISOString();
    const [, , subscriptionId = "", , name = ""] = patient("account", "rbac").vault.id.split("/");
    const question = { since: at(-60), until: at(0), groups: [{ subscriptionId, name }], subscriptionIds: [subscriptionId] };
    return createReadActivityLog(clients)(question);
  },
  READ_KEY_LOG: ({ clients, world, patient }) => {
    const { customerId: workspaceId } =
      [...world.workspaces.values()][0] ?? addWorkspace(world, { resourceGroup: "rg-keymend", name: "log" });
    const at = (minutes: number): string => new Date(world.clock.now() + minutes * 60_000).toISOString();
    const vaultId = patient("account", "rbac").vault.id;
    return createReadKeyLog(clients)({ workspaceId, vaultId, operations: ["keyupdate"], since: at(-60), until: at(0) });
  },
  READ_EVENT_SUBSCRIPTIONS: ({ clients, patient }) =>
    createReadEventSubscriptions(clients, createTopicsOf(clients, now))(patient("account", "rbac").vault.id),
  READ_UNDELIVERED: ({ clients, world, patient }) => {
    const { vault } = patient("account", "rbac");
    const topic = [...world.systemTopics.values()].find(({ source }) => source === vault.id)!;
    const at = (minutes: number): string => new Date(world.clock.now() + minutes * 60_000).toISOString();
    return createReadUndelivered(clients)(topic.id, { since: at(-60), until: at(0) });
  },
  READ_OPERATION: async (own) => {
    const { poll } = createStepWriter(own.clientsOf);
    own.world.switches["documentdb.operationsAskForRead"] = true;
    begun.set(own, begun.get(own) ?? (await beginOperations(own)));
    return Promise.all(begun.get(own)!.map(poll));
  },
};

/** A refusal may be a value as well as thrown: either way it is not what is seen with everything. */
const seen = (read: () => Promise<unknown>): Promise<unknown> => read().catch(() => "thrown");

test.each(Object.entries(declaredReads))("%s", async (name, declared: Permission) => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.entries forgets the names
  const read = reads[name as keyof typeof declaredReads];
  leaveOnly(sandbox, { observe: { actions: ["*"], dataActions: declared.dataActions } });
  const all = await read(sandbox);
  leaveOnly(sandbox, { observe: declared });
  expect(await seen(() => read(sandbox))).toEqual(all);
  for (const { action, left } of withoutEach(declared)) {
    leaveOnly(sandbox, { observe: left });
    expect({ action, seen: await seen(() => read(sandbox)) }).not.toEqual({ action, seen: all });
  }
});
