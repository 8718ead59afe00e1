/** What each read declares is what it takes: with just that it sees all, and without any one of it, it does not. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { addWorkspace } from "../../sandbox/azure/monitor/build.ts";
import { roleAssignmentId } from "../../sandbox/azure/authorization/build.ts";
import { createInventory, READ_INVENTORY } from "../../src/azure/inventory.ts";
import { createReadAccess, createReadHeld, READ_ACCESS, READ_HELD } from "../../src/azure/read-access.ts";
import { createReadActivityLog, READ_ACTIVITY_LOG } from "../../src/azure/read-activity-log.ts";
import { createReadTarget, READ_DATABASE } from "../../src/azure/read-database.ts";
import { createReadEventSubscriptions, READ_EVENT_SUBSCRIPTIONS } from "../../src/azure/read-event-subscriptions.ts";
import { createReadIdentity, READ_IDENTITY } from "../../src/azure/read-identity.ts";
import { createReadKeyLog, READ_KEY_LOG } from "../../src/azure/read-key-log.ts";
import { createReadKey, READ_KEY } from "../../src/azure/read-key.ts";
import { createReadVault, READ_VAULT } from "../../src/azure/read-vault.ts";
import type { Permission } from "../../src/domain/steps/spec.ts";
import { type Sandbox, startSandbox } from "./sandbox-azure.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(() => sandbox.close());

/** Takes away all that Keymend has but this, at the subscription. */
function leaveOnly({ world, estate }: Sandbox, { actions, dataActions }: Permission): void {
  const { principalId } = estate.keymend;
  const own = [...world.roleAssignments].filter(([, assignment]) => assignment.principalId === principalId);
  const watcher = [...world.roleDefinitions.values()].find(({ roleName }) => roleName.startsWith("Keymend Watcher"))!;
  watcher.permissions = [{ actions: [...actions], notActions: [], dataActions: [...dataActions], notDataActions: [] }];
  const kept = own.find(([, { roleDefinitionId }]) => roleDefinitionId.endsWith(watcher.name))!;
  for (const [id] of own) if (id !== kept[0]) world.roleAssignments.delete(id);
  expect(kept[0]).toBe(roleAssignmentId(kept[1].scope, kept[1].name).toLowerCase());
}

const now = () => new Date();

const reads: Record<string, { declared: Permission; read: (sandbox: Sandbox) => Promise<unknown> }> = {
  inventory: {
    declared: READ_INVENTORY,
    read: async ({ clients, world, patient }) => {
      const { vault } = patient("account", "policies");
      vault.deleted = { at: world.clock.now(), purgeAt: world.clock.now() + 86_400_000 };
      const inventory = createInventory(clients, now, () => undefined);
      const found = [await inventory.findVault(patient("account", "rbac").vault.name), await inventory.findVault(vault.name)];
      return { databases: await inventory.listDatabases(), found };
    },
  },
  databases: {
    declared: READ_DATABASE,
    read: ({ clients, patient }) =>
      Promise.all((["account", "cluster"] as const).map((kind) => createReadTarget(clients)(kind, patient(kind, "rbac").databases[0]!.id))),
  },
  vaults: {
    declared: READ_VAULT,
    read: async ({ clients, world, patient }) => {
      const { vault } = patient("account", "policies");
      vault.deleted = { at: world.clock.now(), purgeAt: world.clock.now() + 86_400_000 };
      return Promise.all([vault, patient("account", "rbac").vault].map(({ id, name }) => createReadVault(clients)({ id, name })));
    },
  },
  keys: {
    declared: READ_KEY,
    read: async ({ clients, world, patient }) => {
      const seconds = Math.floor(world.clock.now() / 1000);
      const { vault, keyName } = patient("account", "rbac");
      const lost = patient("cluster", "rbac");
      lost.vault.keys.get(lost.keyName)!.deleted = { deletedDate: seconds, scheduledPurgeDate: seconds + 86_400, visibleAt: 0 };
      const ref = ({ id, name }: typeof vault) => ({ id, name, uri: `https://${name}.vault.azure.net` });
      return Promise.all([createReadKey(clients)(ref(vault), keyName), createReadKey(clients)(ref(lost.vault), lost.keyName)]);
    },
  },
  identities: {
    declared: READ_IDENTITY,
    read: ({ clients, patient }) => createReadIdentity(clients)(patient("account", "rbac").identity.id),
  },
  access: {
    declared: READ_ACCESS,
    read: ({ clients, patient }) => {
      const { vault, keyName, identity } = patient("account", "rbac");
      return createReadAccess(clients)({ principalId: identity.principalId, keyScope: `${vault.id}/keys/${keyName}`, keyName });
    },
  },
  "what is held at a vault": {
    declared: READ_HELD,
    read: ({ clients, patient }) => createReadHeld(clients)(patient("account", "rbac").vault.id),
  },
  "activity log": {
    declared: READ_ACTIVITY_LOG,
    read: ({ clients, world, patient }) => {
      const at = (minutes: number): string => new Date(world.clock.now() + minutes * 60_000).toISOString();
      const [, , subscriptionId = "", , name = ""] = patient("account", "rbac").vault.id.split("/");
      const question = { since: at(-60), until: at(0), groups: [{ subscriptionId, name }], subscriptionIds: [subscriptionId] };
      return createReadActivityLog(clients)(question);
    },
  },
  "audit log of a vault": {
    declared: READ_KEY_LOG,
    read: ({ clients, world, patient }) => {
      const { customerId: workspaceId } =
        [...world.workspaces.values()][0] ?? addWorkspace(world, { resourceGroup: "rg-keymend", name: "log" });
      const at = (minutes: number): string => new Date(world.clock.now() + minutes * 60_000).toISOString();
      const vaultId = patient("account", "rbac").vault.id;
      return createReadKeyLog(clients)({ workspaceId, vaultId, operations: ["keyupdate"], since: at(-60), until: at(0) });
    },
  },
  "event subscriptions": {
    declared: READ_EVENT_SUBSCRIPTIONS,
    read: ({ clients, patient }) => createReadEventSubscriptions(clients, now)(patient("account", "rbac").vault.id),
  },
};

/** A refusal may be a value as well as thrown: either way it is not what is seen with everything. */
const seen = (read: () => Promise<unknown>): Promise<unknown> => read().catch(() => "thrown");

test.each(Object.entries(reads))("%s", async (_name, { declared, read }) => {
  leaveOnly(sandbox, { actions: ["*"], dataActions: [...declared.dataActions] });
  const all = await read(sandbox);
  leaveOnly(sandbox, declared);
  expect(await seen(() => read(sandbox))).toEqual(all);
  for (const plane of ["actions", "dataActions"] as const) {
    for (const action of declared[plane]) {
      leaveOnly(sandbox, { ...declared, [plane]: declared[plane].filter((other) => other !== action) });
      expect({ action, seen: await seen(() => read(sandbox)) }).not.toEqual({ action, seen: all });
    }
  }
});
