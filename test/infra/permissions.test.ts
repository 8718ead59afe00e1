import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { conditionHolds } from "../../sandbox/azure/authorization/condition.ts";
import { matchesPattern } from "../../sandbox/azure/authorization/pattern.ts";
import {
  type ByCapability,
  type Choices,
  EVERYTHING,
  readDeadLetterer,
  readDeployedRoles,
  readLogReader,
  readSupportCaller,
} from "../../sandbox/estate/deployed-roles.ts";
import { KEYMEND_KEY_PERMISSIONS } from "../../sandbox/estate/keymend-access.ts";
import { declaredReads, READS } from "../../src/azure/declared-reads.ts";
import { OPEN_TICKETS } from "../../src/azure/support-desk.ts";
import { roleGuid } from "../../src/domain/access/access.ts";
import { judgeCondition } from "../../src/domain/access/condition.ts";
import { CAPABILITIES, type Capability } from "../../src/domain/capability.ts";
import { HAND_ON } from "../../src/domain/steps/restore-event-subscription.ts";
import { takenBy } from "../../src/domain/roles/needs.ts";
import { stepSpecs } from "../../src/domain/steps/index.ts";
import { type Permission, united } from "../../src/domain/steps/spec.ts";
import type { StepName } from "../../src/domain/steps/step.ts";

const KINDS = ["account", "cluster"] as const;
const permissionOf = (name: StepName): Permission => united(KINDS.map((targetKind) => stepSpecs[name].permission({ targetKind })));
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.keys forgets the names
const STEPS = Object.keys(stepSpecs) as StepName[];

/** What the steps of a capability take, or the reads. */
const neededBy = (capability: Capability): Permission => takenBy(capability, { observe: READS, support: OPEN_TICKETS });

const PRINCIPALS = {
  observe: "7c0ffee0-0000-4000-8000-000000000001",
  keys: "7c0ffee0-0000-4000-8000-000000000002",
  access: "7c0ffee0-0000-4000-8000-000000000003",
  databases: "7c0ffee0-0000-4000-8000-000000000004",
  vaults: "7c0ffee0-0000-4000-8000-000000000005",
};

/** What one of the identities is given, at all places together. */
function given(capability: Capability, choices?: Choices, principals: ByCapability<string> = PRINCIPALS): Permission {
  const roles = readDeployedRoles(principals, choices);
  const own = roles.filter(({ assignments }) => assignments.some(({ principalId }) => principalId === principals[capability]));
  return united(own.flatMap(({ permissions }) => permissions));
}

const beyond = (list: readonly string[], patterns: readonly string[]): string[] =>
  list.filter((action) => !patterns.some((pattern) => matchesPattern(pattern, action)));

const differences = (needed: Permission, has: Permission) => ({
  lacking: { actions: beyond(needed.actions, has.actions), dataActions: beyond(needed.dataActions, has.dataActions) },
  unneeded: {
    actions: has.actions.filter((action) => !needed.actions.includes(action)),
    dataActions: has.dataActions.filter((action) => !needed.dataActions.includes(action)),
  },
});
const NONE = { lacking: { actions: [], dataActions: [] }, unneeded: { actions: [], dataActions: [] } };

test("every read says what it needs, and is held against the roles", () => {
  const said = globSync("src/azure/*.ts").flatMap((file) => [...readFileSync(file, "utf8").matchAll(/^export const (READ_\w+)/gm)]);
  expect(Object.keys(declaredReads).toSorted()).toEqual(said.map(([, name]) => name).toSorted());
});

describe("the roles that are deployed", () => {
  test.each(CAPABILITIES)("give %s what its steps or reads need, and no more", (capability) => {
    expect(differences(neededBy(capability), given(capability))).toEqual(NONE);
  });

  test("are given to nobody else, and a role to one identity alone", () => {
    const own = new Set(Object.values(PRINCIPALS));
    for (const { symbol, assignments } of readDeployedRoles(PRINCIPALS)) {
      const holders = new Set(assignments.map(({ principalId }) => principalId));
      expect({ symbol, holders: [...holders].filter((holder) => own.has(holder)).length }).toEqual({ symbol, holders: 1 });
      expect(holders.size).toBe(1);
    }
  });

  test("reach over the subscription only for reads and databases, and lie with the vaults' groups else", () => {
    const atSubscription = readDeployedRoles(PRINCIPALS).filter(({ assignments }) => assignments.some(({ at }) => at === "subscription"));
    const { actions, dataActions } = united(atSubscription.flatMap(({ permissions }) => permissions));
    const { actions: ofDatabases } = neededBy("databases");
    expect(dataActions).toEqual([]);
    expect(beyond(actions, ofDatabases).filter((action) => !action.endsWith("/read"))).toEqual([]);
  });

  test.each(CAPABILITIES.filter((capability) => capability !== "observe"))(
    "without %s do not exist, nor does its identity hold any",
    (lacking) => {
      const { [lacking]: gone, ...left } = PRINCIPALS;
      const [all, without] = [readDeployedRoles(PRINCIPALS), readDeployedRoles(left)];
      const symbols = without.map(({ symbol }) => symbol);
      const taken = all.filter(({ symbol }) => !symbols.includes(symbol));
      expect(taken.length).toBeGreaterThan(0);
      expect(taken.every(({ assignments }) => assignments.every(({ principalId }) => principalId === gone))).toBe(true);
      expect(without.flatMap(({ assignments }) => assignments).filter(({ principalId }) => principalId === gone)).toEqual([]);
      for (const capability of CAPABILITIES.filter((one) => one !== lacking))
        expect({ capability, has: given(capability, EVERYTHING, left) }).toEqual({ capability, has: given(capability) });
    },
  );

  test("write nothing where no capability that writes is deployed", () => {
    const roles = readDeployedRoles({ observe: PRINCIPALS.observe });
    const { actions, dataActions } = united(roles.flatMap(({ permissions }) => permissions));
    expect([...actions, ...dataActions].filter((action) => !action.endsWith("/read"))).toEqual([]);
  });

  test("give at a workspace what the reading of the audit log needs, and no more", () => {
    expect(differences(declaredReads.READ_KEY_LOG, united(readLogReader("me").permissions))).toEqual(NONE);
  });

  test("give who asks Microsoft support what that takes, and no more: no repair's identity has it", () => {
    expect(differences(OPEN_TICKETS, united(readSupportCaller("me").permissions))).toEqual(NONE);
    const { actions } = united(readDeployedRoles(PRINCIPALS).flatMap(({ permissions }) => permissions));
    expect(actions.filter((action) => action.startsWith("Microsoft.Support/"))).toEqual([]);
  });

  test("give at the identity that keeps letters what a topic made with it takes, and no more", () => {
    expect(differences(HAND_ON, united(readDeadLetterer("me").permissions))).toEqual(NONE);
  });

  test.each<[keyof Choices, Capability, string[]]>([
    ["allowAccessPolicyRepairs", "access", ["Microsoft.KeyVault/vaults/accessPolicies/write"]],
    ["allowVaultRepairs", "vaults", ["Microsoft.KeyVault/locations/deletedVaults/read", "Microsoft.KeyVault/vaults/write"]],
    ["allowIdentityRepairs", "databases", ["Microsoft.ManagedIdentity/userAssignedIdentities/write"]],
    ["allowClusterRepairs", "databases", ["Microsoft.DocumentDB/mongoClusters/write"]],
    ["allowRevocations", "access", ["Microsoft.Authorization/roleAssignments/delete"]],
  ])("without %s lack of %s just %j", (choice, capability, taken) => {
    const without = given(capability, { ...EVERYTHING, [choice]: false });
    expect(differences(neededBy(capability), without)).toEqual({ ...NONE, lacking: { actions: taken, dataActions: [] } });
  });

  test("have above each write the steps that take it", () => {
    const lines = readFileSync("infra/modules/roles.bicep", "utf8").split("\n");
    const writes = lines.flatMap((line, i) =>
      [...(/^ *(?:condition|description):/.test(line) ? [] : line.matchAll(/'(Microsoft\.[^']+\/(?:write|delete|action))'/g))].map(
        ([, action]) => ({
          action: action!,
          said: /^ *\/\/ (.+)$/.exec(lines[i - 1]!)?.[1]?.split(", ") ?? [],
        }),
      ),
    );
    const takes = (action: string): string[] =>
      STEPS.filter((name) => [permissionOf(name)].some(({ actions, dataActions }) => [...actions, ...dataActions].includes(action)));
    expect(writes.length).toBeGreaterThan(10);
    expect(writes).toEqual(
      writes.map(({ action, said }) => ({ action, said: takes(action).toSorted((a, b) => said.indexOf(a) - said.indexOf(b)) })),
    );
  });

  /** Azure/azure-rest-api-specs: DatabaseAccountUpdateProperties has ipRules and publicNetworkAccess, MongoClusterUpdateProperties administrator. */
  test("say of the one that writes databases what the same writes could do, and so does the page on security", () => {
    const mender = /^resource databaseMender [\s\S]*?^ {4}description: '(.*)'$/m.exec(
      readFileSync("infra/modules/roles.bicep", "utf8"),
    )![1]!;
    const left = readFileSync("docs/security.md", "utf8").split("What is left:")[1]!;
    for (const text of [mender, left]) {
      expect(text).toContain("administrator");
      expect(text).toContain("network");
      expect(text).not.toContain("Cannot read");
    }
  });

  test("are each judged by the page on security: at worst, what stops it, what is left; the two beside them too", () => {
    const section = /^## What each identity could do\n([\s\S]*?)^## /m.exec(readFileSync("docs/security.md", "utf8"))![1]!;
    const rows = [...section.matchAll(/^\| `(\w+)` +\|(.*)\|(.*)\|(.*)\|$/gm)];
    expect(rows.map(([, name]) => name)).toEqual([...CAPABILITIES, "support", "events"]);
    expect(rows.filter(([, , ...cells]) => cells.some((cell) => cell.trim() === ""))).toEqual([]);
    const said = (name: string): string => rows.find(([, of]) => of === name)![0];
    // What a switch allows is said beside it, of whose identity it is.
    const switches: [keyof Choices, Capability][] = [
      ["allowAccessPolicyRepairs", "access"],
      ["allowRevocations", "access"],
      ["allowClusterRepairs", "databases"],
      ["allowVaultRepairs", "vaults"],
    ];
    for (const [name, capability] of switches) expect(said(capability)).toContain(name);
  });

  /** Microsoft Learn, "Azure custom roles": the display name must be the only one of its kind in the tenant. */
  test("are called otherwise in another subscription, and under another name", () => {
    const namesOf = (name: string, subscriptionId: string): string[] =>
      readDeployedRoles(PRINCIPALS, EVERYTHING, { name, subscriptionId }).map(({ roleName }) => roleName.toLowerCase());
    const names = ["keymend", "other"].flatMap((name) => ["first", "second"].flatMap((subscription) => namesOf(name, subscription)));
    expect(names.length).toBeGreaterThan(4 * 4);
    expect(names).toEqual([...new Set(names)]);
  });
});

describe("the condition on what is granted", () => {
  const conditions = readDeployedRoles(PRINCIPALS).flatMap(({ symbol, assignments }) =>
    assignments.map(({ condition }) => ({ symbol, condition })),
  );
  const condition = conditions.find(({ symbol }) => symbol === "granter")?.condition ?? "";
  const WRITE = "Microsoft.Authorization/roleAssignments/write";
  const DELETE = "Microsoft.Authorization/roleAssignments/delete";
  const grant = {
    roleDefinitionId: "/providers/Microsoft.Authorization/roleDefinitions/e147488a-f6f5-4113-8e2d-b22465e65bf6",
    principalId: "0a0a0a0a-0000-4000-8000-000000000001",
    principalType: "ServicePrincipal",
  };

  test("lets nothing be given to the identity that asks Microsoft support, where there is one", () => {
    const principals = { ...PRINCIPALS, support: "7c0ffee0-0000-4000-8000-000000000006" };
    const granter = readDeployedRoles(principals).find(({ symbol }) => symbol === "granter")!;
    const limit = granter.assignments[0]!.condition!;
    expect(conditionHolds(limit, WRITE, grant)).toBe(true);
    expect(conditionHolds(limit, WRITE, { ...grant, principalId: principals.support })).toBe(false);
  });

  test("stands on the role that grants, and on no other", () => {
    expect(conditions.filter((one) => one.condition !== undefined)).toEqual([{ symbol: "granter", condition }]);
  });

  test("is the same whether access may be taken away or not: without the right its half on deletions has nothing to limit", () => {
    const without = readDeployedRoles(PRINCIPALS, { ...EVERYTHING, allowRevocations: false });
    expect(without.find(({ symbol }) => symbol === "granter")!.assignments).toMatchObject([{ condition }]);
  });

  const judged = (action: string, { roleDefinitionId, principalId, principalType }: typeof grant) =>
    judgeCondition(condition, action, {
      RoleDefinitionId: roleGuid(roleDefinitionId),
      PrincipalId: principalId,
      PrincipalType: principalType,
    });

  test("lets the one role through, to somebody else's service principal", () => {
    expect([judged(WRITE, grant), judged(DELETE, grant)]).toEqual(["met", "met"]);
    expect(conditionHolds(condition, WRITE, grant)).toBe(true);
    expect(conditionHolds(condition, DELETE, grant)).toBe(true);
    expect(conditionHolds(condition, "Microsoft.KeyVault/vaults/accessPolicies/write", {})).toBe(true);
  });

  test.each<[string, string, Partial<typeof grant>]>([
    ["Owner", WRITE, { roleDefinitionId: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635" }],
    ["Key Vault Administrator", WRITE, { roleDefinitionId: "00482a5a-887f-4fb3-b363-3b7fe8e74483" }],
    ["the role, to a person", WRITE, { principalType: "User" }],
    ["the role, to a group", WRITE, { principalType: "Group" }],
    ...Object.entries(PRINCIPALS).map(([name, principalId]): [string, string, Partial<typeof grant>] => [
      `the role, to ${name}`,
      WRITE,
      { principalId },
    ]),
    ["the deletion of Owner", DELETE, { roleDefinitionId: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635" }],
    ["the deletion of the role, of a person", DELETE, { principalType: "User" }],
    ...Object.entries(PRINCIPALS).map(([name, principalId]): [string, string, Partial<typeof grant>] => [
      `the deletion of the role, of ${name}`,
      DELETE,
      { principalId },
    ]),
  ])("refuses %s", (_, action, over) => {
    expect(conditionHolds(condition, action, { ...grant, ...over })).toBe(false);
    expect(judged(action, { ...grant, ...over })).toBe("unmet");
  });
});

/** Microsoft Learn, "Migrate from vault access policy to an Azure role-based access control permission model": data action → permissions on keys. */
const IN_A_POLICY: Record<string, string[]> = {
  "Microsoft.KeyVault/vaults/keys/read": ["get", "list"],
  "Microsoft.KeyVault/vaults/keys/update/action": ["update"],
  "Microsoft.KeyVault/vaults/keys/recover/action": ["recover"],
  "Microsoft.KeyVault/vaults/keys/rotate/action": ["rotate"],
};

describe("on a vault with access policies each identity is given as much as its steps or reads need of the keys", () => {
  const said = (file: string, words: RegExp): string[] => words.exec(readFileSync(file, "utf8"))![1]!.split(/\W+(?:and\W+)?/);

  test.each(["observe", "keys"] as const)("%s: by the guide, by what the template says, and in the sandbox", (capability) => {
    const { dataActions } = neededBy(capability);
    const needed = dataActions.flatMap((action) => IN_A_POLICY[action] ?? [`${action}, which this table lacks`]).toSorted();
    const guide = new RegExp(String.raw`--name id-keymend-${capability} [\s\S]*?--key-permissions ([a-z ]+[a-z])$`, "m");
    expect(said("docs/deploy.md", guide).toSorted()).toEqual(needed);
    expect(said("infra/modules/vault-group.bicep", new RegExp(`id-NAME-${capability} needs ([a-z, ]+? and [a-z]+)`)).toSorted()).toEqual(
      needed,
    );
    expect(KEYMEND_KEY_PERMISSIONS[capability]?.toSorted()).toEqual(needed);
  });

  test("and the others need none", () => {
    for (const capability of ["access", "databases", "vaults"] as const)
      expect([neededBy(capability).dataActions, KEYMEND_KEY_PERMISSIONS[capability]]).toEqual([[], undefined]);
  });
});
