import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { matchesPattern } from "../../sandbox/azure/authorization/pattern.ts";
import { type Choices, type DeployedRole, EVERYTHING, readDeployedRoles, readLogReader } from "../../sandbox/estate/deployed-roles.ts";
import { KEYMEND_KEY_PERMISSIONS } from "../../sandbox/estate/keymend-access.ts";
import { stepSpecs } from "../../src/domain/steps/index.ts";
import type { Permission } from "../../src/domain/steps/spec.ts";
import { declaredReads, united } from "../support/declared-reads.ts";

// The audit log of vaults is read at its workspace, with a role of its own.
const { READ_KEY_LOG, ...others } = declaredReads;
const READS: readonly Permission[] = Object.values(others);
const KINDS = ["account", "cluster"] as const;
const STEPS: readonly Permission[] = Object.values(stepSpecs).flatMap(({ permission }) =>
  KINDS.map((targetKind) => permission({ targetKind })),
);

/** What is given at the subscription and at each vault, together. */
function given(choices: Choices): Permission {
  const { roles, atVaults } = readDeployedRoles(choices, "me");
  return united(roles.filter(({ isAssigned, symbol }) => isAssigned || symbol === atVaults).flatMap(({ permissions }) => permissions));
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
  test("give what the steps and the reads need, and no more", () => {
    expect(differences(united([...STEPS, ...READS]), given(EVERYTHING))).toEqual(NONE);
  });

  test("give what the reads need, and no more, where nothing may be written", () => {
    expect(differences(united(READS), given({ ...EVERYTHING, mayWrite: false }))).toEqual(NONE);
  });

  test("give at a workspace what the reading of the audit log needs, and no more", () => {
    const { permissions, isAssigned } = readLogReader("me");
    expect(isAssigned).toBe(true);
    expect(differences(READ_KEY_LOG, united(permissions))).toEqual(NONE);
  });

  test.each<[keyof Choices, (keyof typeof stepSpecs)[]]>([
    ["allowAccessPolicyRepairs", ["AddAccessPolicyPermissions"]],
    ["allowVaultRepairs", ["RecoverVault", "AllowTrustedServices"]],
    ["allowIdentityRepairs", ["CreateIdentity"]],
  ])("without %s lack what %s need, and nothing else", (choice, names) => {
    const without = given({ ...EVERYTHING, [choice]: false });
    const taken = united(names.map((name) => stepSpecs[name].permission({ targetKind: "account" })));
    expect(differences(united([...STEPS, ...READS]), without)).toEqual({ ...NONE, lacking: taken });
  });

  test("have above each write the steps that take it", () => {
    const lines = readFileSync("infra/modules/roles.bicep", "utf8").split("\n");
    const writes = lines.flatMap((line, i) =>
      [...(/^ *(?:condition|description):/.test(line) ? [] : line.matchAll(/'(Microsoft\.[^']+\/(?:write|action))'/g))].map(
        ([, action]) => ({
          action: action!,
          said: /^ *\/\/ (.+)$/.exec(lines[i - 1]!)?.[1]?.split(", ") ?? [],
        }),
      ),
    );
    const takes = (action: string): string[] =>
      Object.entries(stepSpecs).flatMap(([name, { permission }]) => {
        const { actions, dataActions } = united(KINDS.map((targetKind) => permission({ targetKind })));
        return [...actions, ...dataActions].includes(action) ? [name] : [];
      });
    expect(writes.length).toBeGreaterThan(10);
    expect(writes).toEqual(writes.map(({ action }) => ({ action, said: takes(action) })));
  });

  test("assign the one that grants with a condition, and no other", () => {
    const { roles } = readDeployedRoles(EVERYTHING, "7c0ffee0-0000-4000-8000-000000000001");
    const grants = ({ permissions }: DeployedRole): boolean =>
      permissions.some(({ actions }) => beyond(["Microsoft.Authorization/roleAssignments/write"], actions).length === 0);
    expect(roles.filter(({ condition }) => condition !== undefined)).toEqual(roles.filter(grants));
    const condition = roles.find(grants)?.condition;
    expect(condition).toContain("{e147488a-f6f5-4113-8e2d-b22465e65bf6}");
    expect(condition).toContain("ForAnyOfAllValues:GuidNotEquals {7c0ffee0-0000-4000-8000-000000000001}");
  });

  /** Azure/azure-rest-api-specs: DatabaseAccountUpdateProperties has ipRules and publicNetworkAccess, MongoClusterUpdateProperties administrator. */
  test("say of the one that writes databases what the same writes could do, and so does the page on security", () => {
    const mender = /^resource mender [\s\S]*?^ {4}description: '(.*)'$/m.exec(readFileSync("infra/modules/roles.bicep", "utf8"))![1]!;
    const left = readFileSync("docs/security.md", "utf8").split("What is left:")[1]!;
    for (const text of [mender, left]) {
      expect(text).toContain("administrator");
      expect(text).toContain("network");
      expect(text).not.toContain("Cannot read");
    }
  });

  /** Microsoft Learn, "Azure custom roles": the display name must be the only one of its kind in the tenant. */
  test("are called otherwise in another subscription, and under another name", () => {
    const namesOf = (name: string, subscriptionId: string): string[] =>
      readDeployedRoles(EVERYTHING, "me", { name, subscriptionId }).roles.map(({ roleName }) => roleName.toLowerCase());
    const names = ["keymend", "other"].flatMap((name) => ["first", "second"].flatMap((subscription) => namesOf(name, subscription)));
    expect(names.length).toBeGreaterThan(4 * 4);
    expect(names).toEqual([...new Set(names)]);
  });
});

/** Microsoft Learn, "Migrate from vault access policy to an Azure role-based access control permission model": data action → permissions on keys. */
const IN_A_POLICY: Record<string, string[]> = {
  "Microsoft.KeyVault/vaults/keys/read": ["get", "list"],
  "Microsoft.KeyVault/vaults/keys/update/action": ["update"],
  "Microsoft.KeyVault/vaults/keys/recover/action": ["recover"],
  "Microsoft.KeyVault/vaults/keys/rotate/action": ["rotate"],
};

describe("on a vault with access policies Keymend is given as much as the steps and the reads need of its keys", () => {
  const { dataActions } = united([...STEPS, ...READS]);
  const needed = dataActions.flatMap((action) => IN_A_POLICY[action] ?? [`${action}, which this table lacks`]).toSorted();
  const said = (file: string, words: RegExp): string[] => words.exec(readFileSync(file, "utf8"))![1]!.split(/\W+(?:and\W+)?/);

  test.each([
    ["by the guide", () => said("docs/deploy.md", /--key-permissions ([a-z ]+[a-z])$/m)],
    ["by what the template says of them", () => said("infra/modules/vault-keys.bicep", /access-policy vault .*: add ([a-z, ]+) there\.$/m)],
    ["in the sandbox", () => KEYMEND_KEY_PERMISSIONS],
  ])("%s", (_, permissions) => {
    expect(permissions().toSorted()).toEqual(needed);
  });
});
