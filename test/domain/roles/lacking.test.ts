import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { READS } from "../../../src/azure/declared-reads.ts";
import { OPEN_TICKETS } from "../../../src/azure/support-desk.ts";
import { ALLOWABLE, type Allowable, CAPABILITIES, type Capability, type Writing } from "../../../src/domain/capability.ts";
import type { RoleAssignment, RoleDefinition, RolePermission } from "../../../src/domain/facts.ts";
import { type Compared, isSameLack, lackingRoles, type RoleLack, sayLack } from "../../../src/domain/roles/lacking.ts";
import { type Deployed, guarded, needsOf, type Others, takenBy } from "../../../src/domain/roles/needs.ts";
import { HAND_ON } from "../../../src/domain/steps/restore-event-subscription.ts";
import {
  ACCOUNT_ID,
  aCluster,
  aDeny,
  anAccount,
  anAssignment,
  APP_ID,
  aPolicyVault,
  aVault,
  CLUSTER_ID,
  IDENTITY_ID,
  OWN,
  PRINCIPAL,
  someSettings,
  SUBSCRIPTION,
  SUBSCRIPTION_ID,
  VAULT_ID,
} from "../../support/builders.ts";

const GROUP = VAULT_ID.split("/providers")[0]!;
const WRITERS = CAPABILITIES.filter((capability): capability is Writing => capability !== "observe");
const DEPLOYED: Deployed = { ...someSettings({ functionAppId: APP_ID }), firstPartyPrincipalId: null };

const OTHERS: Others = { observe: READS, support: OPEN_TICKETS };

const roleIdOf = (capability: string): string => `${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/${capability}`;
const definition = (capability: string, over: Partial<RolePermission> = {}): RoleDefinition => ({
  id: roleIdOf(capability),
  roleName: `Keymend ${capability}`,
  permissions: [{ actions: [], notActions: [], dataActions: [], notDataActions: [], ...over }],
});
const assigned = (capability: Capability, over: Partial<RoleAssignment> = {}): RoleAssignment =>
  anAssignment({ name: capability, scope: SUBSCRIPTION, principalId: OWN[capability], roleDefinitionId: roleIdOf(capability), ...over });

const whole = (capability: Capability): RoleDefinition => {
  const { actions, dataActions } = takenBy(capability, OTHERS);
  return definition(capability, { actions: [...actions], dataActions: [...dataActions] });
};
const ASSIGNED = CAPABILITIES.map((capability) => assigned(capability));
const DEFINED = CAPABILITIES.map(whole);

type Over = Partial<Compared["lists"]> & Partial<Compared["held"]> & Partial<Pick<Compared, "read" | "refused" | "deployed">>;

function lacksWith({ read = [SUBSCRIPTION_ID], refused = [], deployed = DEPLOYED, ...over }: Over = {}): RoleLack[] {
  const { targets = [anAccount(), aCluster()], vaults = [aVault()], denies = [] } = over;
  const { assignments = ASSIGNED, definitions = DEFINED, memberOf = {} } = over;
  return lackingRoles({
    lists: { targets, vaults, denies },
    held: { assignments, definitions, memberOf },
    read,
    refused,
    deployed,
    others: OTHERS,
  });
}

const without = (capability: Capability): RoleAssignment[] => ASSIGNED.filter(({ name }) => name !== capability);
const instead = (capability: Capability, over: Partial<RoleAssignment>): RoleAssignment[] => [
  ...without(capability),
  assigned(capability, over),
];
const shown = (lacks: readonly RoleLack[]) => lacks.map(({ capability, state, why, actions }) => [capability, state, why, actions]);

const NONE = "no role assignment grants it";
const GRANT = "Microsoft.Authorization/roleAssignments/write";
const REVOKE = "Microsoft.Authorization/roleAssignments/delete";
const ROTATE = "Microsoft.KeyVault/vaults/keys/rotate/action";
const KEY_DATA = [ROTATE, "Microsoft.KeyVault/vaults/keys/recover/action", "Microsoft.KeyVault/vaults/keys/update/action"].toSorted();

/** As infra/modules/vault-group.bicep has it, the first half. */
const condition = (role: string, not: string): string =>
  `((!(ActionMatches{'${GRANT}'})) OR (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${role}} AND @Request[Microsoft.Authorization/roleAssignments:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {'serviceprincipal'} AND @Request[Microsoft.Authorization/roleAssignments:PrincipalId] ForAnyOfAllValues:GuidNotEquals {${not}}))`;
const ENCRYPTION_USER = "e147488a-f6f5-4113-8e2d-b22465e65bf6";
const UNJUDGED = "granted only under a condition that is not met or can't be judged:";

describe("what identities lack", () => {
  test("is nothing where each has what its steps or the reads take", () => {
    expect(lacksWith()).toEqual([]);
  });

  test.each<[string, Over, [string, string, string, string[]][]]>([
    [
      "keys without its role",
      { assignments: without("keys") },
      [["keys", "lacking", NONE, ["Microsoft.KeyVault/vaults/keys/write", ...KEY_DATA].toSorted()]],
    ],
    ["access without its role", { assignments: without("access") }, [["access", "lacking", NONE, [REVOKE, GRANT]]]],
    [
      "a role that somebody narrowed",
      {
        definitions: [
          ...DEFINED.filter(({ id }) => id !== roleIdOf("access")),
          definition("access", { actions: ["Microsoft.Authorization/*"], notActions: [GRANT] }),
        ],
      },
      [["access", "lacking", NONE, [GRANT]]],
    ],
    [
      "a role at another vault's group",
      { assignments: instead("access", { scope: `${GROUP}-other` }) },
      [["access", "lacking", NONE, [REVOKE, GRANT]]],
    ],
    ["a role at the group of the vault", { assignments: instead("access", { scope: GROUP }) }, []],
    [
      "a role at a management group",
      { assignments: instead("access", { scope: "/providers/Microsoft.Management/managementGroups/m" }) },
      [],
    ],
    [
      "a role through a group of which it is known that the identity is in it",
      { assignments: instead("access", { principalId: "g" }), memberOf: { [OWN.access]: ["G"] } },
      [],
    ],
    [
      "a role through a group of which it is not",
      { assignments: instead("access", { principalId: "g" }) },
      [["access", "lacking", NONE, [REVOKE, GRANT]]],
    ],
    [
      "a role that could not be read",
      { definitions: DEFINED.map((one) => (one.id === roleIdOf("access") ? { ...one, permissions: null } : one)) },
      [["access", "unknown", `a role that could not be read may grant it: ${assigned("access").id}`, [REVOKE, GRANT]]],
    ],
    [
      "a deny assignment at the vault",
      {
        denies: [
          aDeny({
            permissions: [{ actions: [GRANT], notActions: [], dataActions: [], notDataActions: [] }],
            principals: [{ id: OWN.access, type: "ServicePrincipal" }],
          }),
        ],
      },
      [["access", "lacking", `denied by ${aDeny().id}`, [GRANT]]],
    ],
    [
      "a deny assignment for a group that the identity may be in",
      {
        denies: [
          aDeny({
            permissions: [{ actions: [GRANT], notActions: [], dataActions: [], notDataActions: [] }],
            principals: [{ id: "g", type: "Group" }],
          }),
        ],
      },
      [["access", "unknown", `denied, if it is in the group that this deny assignment speaks of, by ${aDeny().id}`, [GRANT]]],
    ],
    [
      "the condition that is deployed",
      { assignments: instead("access", { condition: condition(ENCRYPTION_USER, `${OWN.access}, ${OWN.observe}`) }) },
      [],
    ],
    [
      "a condition for another role",
      { assignments: instead("access", { condition: condition("00482a5a-887f-4fb3-b363-3b7fe8e74483", OWN.access) }) },
      [["access", "lacking", `${UNJUDGED} ${assigned("access").id}`, [GRANT]]],
    ],
    [
      "a condition that leaves out one of the databases' identities",
      { assignments: instead("access", { condition: condition(ENCRYPTION_USER, PRINCIPAL) }) },
      [["access", "lacking", `${UNJUDGED} ${assigned("access").id}`, [GRANT]]],
    ],
    [
      "databases without its role",
      { assignments: without("databases"), targets: [aCluster()] },
      [
        [
          "databases",
          "lacking",
          NONE,
          [
            "Microsoft.DocumentDB/mongoClusters/write",
            "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
            "Microsoft.ManagedIdentity/userAssignedIdentities/write",
          ],
        ],
      ],
    ],
    [
      "a capability that is not deployed",
      { assignments: without("access"), deployed: { ...DEPLOYED, principals: { observe: OWN.observe, keys: OWN.keys } } },
      [],
    ],
    [
      "databases with no identity that a role could be given to",
      { assignments: without("access"), targets: [anAccount({ attached: [] })] },
      [],
    ],
    [
      "a database whose own identity a role would be given to",
      { assignments: without("access"), targets: [anAccount({ attached: [], systemPrincipalId: PRINCIPAL })] },
      [["access", "lacking", NONE, [REVOKE, GRANT]]],
    ],
    [
      "a database that uses Cosmos DB's own principal, which the setting names",
      {
        assignments: without("access"),
        targets: [anAccount({ attached: [], defaultIdentity: { form: "firstParty" } })],
        deployed: { ...DEPLOYED, firstPartyPrincipalId: "first-party" },
      },
      [["access", "lacking", NONE, [REVOKE, GRANT]]],
    ],
    [
      "Cosmos DB's own principal where no database uses it",
      {
        assignments: without("access"),
        targets: [anAccount({ attached: [] })],
        deployed: { ...DEPLOYED, firstPartyPrincipalId: "first-party" },
      },
      [],
    ],
    [
      "a group's deny assignment beside a condition for one of two identities",
      {
        targets: [anAccount(), anAccount({ id: `${ACCOUNT_ID}2`, attached: [{ id: IDENTITY_ID, principalId: "p2", clientId: null }] })],
        assignments: instead("access", { condition: condition(ENCRYPTION_USER, "p2") }),
        denies: [
          aDeny({
            permissions: [{ actions: [GRANT], notActions: [], dataActions: [], notDataActions: [] }],
            principals: [{ id: "g", type: "Group" }],
          }),
        ],
      },
      [["access", "lacking", `${UNJUDGED} ${assigned("access").id}`, [GRANT]]],
    ],
    ["a vault that nothing depends on", { assignments: [], targets: [anAccount({ keyUri: null })] }, []],
    ["databases of which no list shows the vault", { assignments: [], vaults: [] }, []],
  ])("%s", (_, over, expected) => {
    expect(shown(lacksWith(over))).toEqual(expected);
  });

  test.each(WRITERS)("the role of %s that is gone is told once, with all vaults concerned and what gives it back", (capability) => {
    const other = `${GROUP}/providers/Microsoft.KeyVault/vaults/kv-other`;
    const keyUri = "https://kv-other.vault.azure.net/keys/cmk";
    const targets = [anAccount(), aCluster(), anAccount({ id: `${ACCOUNT_ID}2`, keyUri }), aCluster({ id: `${CLUSTER_ID}2`, keyUri })];
    const vaults = [aVault({ id: other, name: "kv-other" }), aVault()];
    expect(lacksWith({ assignments: without(capability), targets, vaults })).toMatchObject([
      {
        capability,
        state: "lacking",
        vaultIds: [VAULT_ID, other],
        az: ["# among vaultGroups have to be: rg-orders", "npm run deploy -- --again"],
      },
    ]);
  });

  test("in another subscription its own deployment gives it back, and there is nothing of the first one", () => {
    const deployed = { ...DEPLOYED, functionAppId: APP_ID.replace(SUBSCRIPTION_ID, "0b1f6471-0000-4000-8000-000000000002") };
    const assignments = without("access");
    expect(
      lacksWith({ assignments, deployed, read: [SUBSCRIPTION_ID, "0b1f6471-0000-4000-8000-000000000002"] }).filter(
        ({ capability }) => capability === "access",
      ),
    ).toMatchObject([
      { az: [expect.stringMatching("rg-orders"), expect.stringContaining(`# for ${SUBSCRIPTION} its stack of infra/watch.bicep anew`)] },
    ]);
  });

  test("whoever asks Microsoft support has to have that, where it is deployed", () => {
    const deployed = { ...DEPLOYED, principals: { ...DEPLOYED.principals, support: "own-support" } };
    const role = anAssignment({ scope: SUBSCRIPTION, principalId: "own-support", roleDefinitionId: roleIdOf("support") });
    const definitions = [...DEFINED, definition("support", { actions: [...OPEN_TICKETS.actions] })];
    expect(lacksWith({ deployed })).toMatchObject([{ capability: "support", actions: OPEN_TICKETS.actions.toSorted() }]);
    expect(lacksWith({ deployed, definitions, assignments: [...ASSIGNED, role] })).toEqual([]);
  });

  test.each([
    ["it", "lacking", { id: OWN.access, type: "User" }],
    ["a group that it may be in", "unknown", { id: "g", type: "Group" }],
  ])("a deny assignment for %s is no matter of a deployment", (_, state, principal) => {
    const denies = [
      aDeny({
        permissions: [{ actions: [GRANT], notActions: [], dataActions: [], notDataActions: [] }],
        principals: [principal],
      }),
    ];
    expect(lacksWith({ denies })).toMatchObject([{ capability: "access", state, az: [expect.stringMatching(/^# a deny assignment/)] }]);
  });
});

/** As infra/modules/roles.bicep has it (test/infra/permissions.test.ts). */
const LEFT_OUT: Record<Allowable, string[]> = {
  accessPolicies: ["Microsoft.KeyVault/vaults/accessPolicies/write"],
  vaults: ["Microsoft.KeyVault/locations/deletedVaults/read", "Microsoft.KeyVault/vaults/write"],
  identities: ["Microsoft.ManagedIdentity/userAssignedIdentities/write"],
  clusters: ["Microsoft.DocumentDB/mongoClusters/write"],
  revocations: [REVOKE],
};

describe("what a deployment may leave out", () => {
  test.each(Object.entries(LEFT_OUT))("%s is asked for where it is allowed, and else not: %j", (allowed, names) => {
    const vault = allowed === "accessPolicies" ? aPolicyVault() : aVault();
    const asks = (all: Deployed["allowed"]): string[] =>
      WRITERS.flatMap((capability) =>
        needsOf(capability, guarded(vault, [anAccount(), aCluster()], DEPLOYED), OTHERS, { ...DEPLOYED, allowed: all }).map(
          ({ name }) => name,
        ),
      );
    const others = asks(ALLOWABLE.filter((one) => one !== allowed));
    expect(asks(ALLOWABLE).filter((name) => !others.includes(name))).toEqual(names);
    expect(asks(ALLOWABLE.filter((one) => one === allowed)).filter((name) => !asks([]).includes(name))).toEqual(names);
  });

  test("an identity that keeps letters is to be handed on", () => {
    const deadLetters = {
      identityId: `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-events`,
      storageId: "/s",
      container: "c",
    };
    const assignments = instead("vaults", { scope: SUBSCRIPTION });
    expect(lacksWith({ assignments, deployed: { ...DEPLOYED, deadLetters } })).toMatchObject([
      { capability: "vaults", actions: HAND_ON.actions },
    ]);
    const handedOn = assigned("vaults", { name: "h", scope: deadLetters.identityId, roleDefinitionId: roleIdOf("hand-on") });
    const definitions = [...DEFINED, definition("hand-on", { actions: [...HAND_ON.actions] })];
    expect(lacksWith({ assignments: [...assignments, handedOn], definitions, deployed: { ...DEPLOYED, deadLetters } })).toEqual([]);
  });

  test("without a function to bring events to none is looked up", () => {
    const assignments = without("vaults");
    const [lack] = lacksWith({ assignments, deployed: { ...DEPLOYED, functionAppId: null } });
    expect([lack!.actions.some((action) => action.startsWith("Microsoft.Web/")), lack!.az.at(-1)]).toEqual([
      false,
      "npm run deploy -- --again",
    ]);
  });
});

describe("on a vault with access policies", () => {
  const policy = (objectId: string, keys: string[], applicationId: string | null = null) => ({
    tenantId: "t",
    objectId,
    applicationId,
    keys,
  });
  const vaultWith = (...policies: ReturnType<typeof policy>[]) => aPolicyVault([], { policies });
  const OBSERVES = policy(OWN.observe, ["Get", "List"]);
  const KEEPS = policy(OWN.keys, ["update", "rotate", "recover"]);

  test.each<[string, ReturnType<typeof policy>[], [string, string[]][]]>([
    ["what the guide gives is all", [OBSERVES, KEEPS], []],
    ["all stands for each", [OBSERVES, policy(OWN.keys, ["all"])], []],
    ["what is taken away is lacking", [OBSERVES, policy(OWN.keys, ["update", "recover"])], [["keys", ["rotate"]]]],
    [
      "a policy for an application on behalf of the identity is none of its own",
      [OBSERVES, policy(OWN.keys, ["all"], "app")],
      [["keys", ["recover", "rotate", "update"]]],
    ],
    [
      "none at all",
      [],
      [
        ["observe", ["get", "list"]],
        ["keys", ["recover", "rotate", "update"]],
      ],
    ],
  ])("%s", (_, policies, expected) => {
    const lacks = lacksWith({ vaults: [vaultWith(...policies)] });
    expect(lacks.map(({ capability, actions }) => [capability, actions])).toEqual(expected);
    expect(lacks.every(({ why, state }) => why === "no access policy gives it" && state === "lacking")).toBe(true);
  });

  test("the line gives all that the capability takes, for az writes the whole policy anew", () => {
    const [lack] = lacksWith({ vaults: [vaultWith(OBSERVES, policy(OWN.keys, ["update"]))] });
    expect(lack!.az).toEqual([
      `az keyvault set-policy --name kv-orders --resource-group rg-orders --subscription ${SUBSCRIPTION_ID} --object-id ${OWN.keys} --key-permissions recover rotate update`,
    ]);
    const [observe] = lacksWith({ vaults: [vaultWith(KEEPS)] });
    expect(observe!.az).toEqual([expect.stringMatching(/ --key-permissions get list$/)]);
  });

  test("roles are of no use for grants, and policies of none on a vault with roles", () => {
    const lacks = lacksWith({ vaults: [vaultWith(OBSERVES, KEEPS)], assignments: without("access") });
    expect(lacks.map(({ actions }) => actions)).toEqual([["Microsoft.KeyVault/vaults/accessPolicies/write"]]);
  });
});

describe("what is not known is never well", () => {
  test("a subscription of which lists are refused", () => {
    const lacks = lacksWith({ read: [], refused: [SUBSCRIPTION_ID], targets: [], vaults: [] });
    expect(lacks).toMatchObject([{ capability: "observe", state: "lacking", vaultIds: [SUBSCRIPTION], az: ["npm run deploy -- --again"] }]);
    expect(lacks[0]!.actions).toEqual(READS.actions);
  });

  const OTHER = "0b1f6471-0000-4000-8000-000000000002";

  test.each([
    ["is not watched", [], "it is not watched"],
    ["is watched, and refuses its lists", [OTHER.toUpperCase()], "its lists are refused"],
  ])("an identity in a subscription that %s", (_, refused, why) => {
    const far = IDENTITY_ID.replace(SUBSCRIPTION_ID, OTHER);
    const targets = [anAccount({ attached: [{ id: far, principalId: PRINCIPAL, clientId: null }] })];
    const lacks = lacksWith({ targets, refused }).filter(({ state }) => state === "unknown");
    expect(lacks.map(({ capability }) => capability)).toEqual(["observe", "databases"]);
    expect(new Set(lacks.map((one) => one.why))).toEqual(new Set([`role assignments of /subscriptions/${OTHER} are not read, as ${why}`]));
  });

  test("an identity in a subscription that is not watched is all that is told then", () => {
    const targets = [
      anAccount({ attached: [{ id: IDENTITY_ID.replace(SUBSCRIPTION_ID, OTHER), principalId: PRINCIPAL, clientId: null }] }),
    ];
    expect(lacksWith({ targets }).map(({ capability, state }) => [capability, state])).toEqual([
      ["observe", "unknown"],
      ["databases", "unknown"],
    ]);
  });

  test("an identity of which the id is none", () => {
    const targets = [anAccount({ attached: [{ id: "nonsense", principalId: PRINCIPAL, clientId: null }] })];
    expect(new Set(lacksWith({ targets }).map(({ state, why }) => `${state}: ${why}`))).toEqual(
      new Set(["unknown: role assignments of / are not read, as it is not watched"]),
    );
  });

  test("of a deleted vault what brings it back is looked at, and nothing that hangs on its model", () => {
    const { id, name, resourceGroup, location, tags } = aVault();
    const vaults = [{ state: "deleted" as const, id, name, resourceGroup, location, tags, deletedOn: null, scheduledPurgeOn: null }];
    const lacks = lacksWith({ vaults, assignments: ASSIGNED.filter((one) => one.name === "observe" || one.name === "databases") });
    expect(lacks.map(({ capability }) => capability)).toEqual(["keys", "vaults"]);
    expect(lacks[0]!.actions).toEqual(["Microsoft.KeyVault/vaults/keys/write"]);
    expect(lacks[1]!.actions).toContain("Microsoft.KeyVault/vaults/write");
  });
});

test("says ten vaults by name, and how many more", () => {
  const lack: RoleLack = { capability: "keys", state: "lacking", why: "gone", actions: ["a", "b"], vaultIds: [VAULT_ID], az: [] };
  expect(sayLack(lack)).toBe("Keymend's identity for keys lacks a, b at kv-orders: gone");
  const many = { ...lack, state: "unknown" as const, vaultIds: Array.from({ length: 12 }, (_, i) => `${VAULT_ID}${i}`) };
  expect(sayLack(many)).toMatch(/^whether Keymend's identity for keys has a, b at kv-orders0, .*kv-orders9 and 2 more is not known: gone$/);
  expect([isSameLack(lack, { ...lack }), isSameLack(lack, many)]).toEqual([true, false]);
});

test("whatever is taken away of what is needed is told, once, and nothing else is", () => {
  const places = ["assignment", "action", "condition", "denied"] as const;
  fc.assert(
    fc.property(fc.constantFrom(...CAPABILITIES), fc.nat(), fc.constantFrom(...places), (capability, at, how) => {
      const { actions } = takenBy(capability, OTHERS);
      const action = actions[at % actions.length]!;
      const isNeeded = needsOf(capability, guarded(aVault(), [anAccount(), aCluster()], DEPLOYED), OTHERS, DEPLOYED).some(
        ({ name }) => name === action,
      );
      const taken: Over =
        how === "assignment"
          ? { assignments: without(capability) }
          : how === "action"
            ? {
                definitions: DEFINED.map((one) =>
                  one.id === roleIdOf(capability) ? definition(capability, { ...one.permissions![0]!, notActions: [action] }) : one,
                ),
              }
            : how === "condition"
              ? { assignments: instead(capability, { condition: `!(ActionMatches{'${action}'})` }) }
              : {
                  denies: [
                    aDeny({
                      scope: SUBSCRIPTION,
                      permissions: [{ actions: [action], notActions: [], dataActions: [], notDataActions: [] }],
                      principals: [{ id: OWN[capability], type: "User" }],
                    }),
                  ],
                };
      const lacks = lacksWith(taken);
      expect(lacks.every((one) => one.capability === capability && one.state === "lacking" && one.az.length > 0)).toBe(true);
      expect(lacks.filter(({ actions: lacking }) => lacking.includes(action))).toHaveLength(isNeeded ? 1 : 0);
    }),
  );
});
