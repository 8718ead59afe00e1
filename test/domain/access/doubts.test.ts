/** Access that hangs on what no API tells: who is in a group, what a broken condition meant, how long a grant takes. */
import { describe, expect, test } from "vitest";
import { type AccessQuestion, effectiveAccess } from "../../../src/domain/access/access.ts";
import { judgeCondition, matchesAction } from "../../../src/domain/access/condition.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import type { AccessPolicy, DenyAssignment, Facts } from "../../../src/domain/facts.ts";
import { grantStateOf } from "../../../src/domain/access/key-access.ts";
import { plan } from "../../../src/domain/plan/plan.ts";
import { judgeStep } from "../../../src/domain/turn/policy.ts";
import { precondition } from "../../../src/domain/steps/index.ts";
import { MINUTE, HOUR, toIso, toMs } from "../../../src/domain/time.ts";
import {
  ACCOUNT_ID,
  aBaseline,
  aCluster,
  aDeny as aDenyOf,
  anAccess,
  anAccount,
  anAssignment,
  anIdentity,
  aPolicyVault,
  aRole,
  aStatus,
  aVault,
  clusterSays,
  ENCRYPTION_ROLE,
  IDENTITY_ID,
  identityIdOf,
  KEY_SCOPE,
  NOW,
  PRINCIPAL,
  revoked,
  someFacts,
  someSettings,
  SUBSCRIPTION,
  TENANT,
  VAULT_ID,
} from "../../support/builders.ts";

const GROUP = "99999999-0000-4000-8000-000000000009";
const OTHER = "22222222-0000-4000-8000-000000000002";
const WRAP = "Microsoft.KeyVault/vaults/keys/wrap/action";
const settings = someSettings();

/** On a group, unless said otherwise. */
const aDeny = (over: Partial<DenyAssignment> = {}): DenyAssignment => aDenyOf({ principals: [{ id: GROUP, type: "Group" }], ...over });
const ask = (over: Partial<AccessQuestion> = {}): AccessQuestion => ({
  model: "rbac",
  principalId: PRINCIPAL,
  memberOf: [],
  keyScope: KEY_SCOPE,
  operations: ["read", "wrap", "unwrap"],
  assignments: [anAssignment()],
  definitions: [aRole()],
  denies: [],
  policies: [],
  ...over,
});
const whyOf = (over: Partial<AccessQuestion>): string => effectiveAccess(ask(over)).operations[1]!.why;

function look(over: Partial<Facts>) {
  const facts = someFacts(over);
  const diagnosis = diagnose(facts, settings);
  const planned = plan(facts, diagnosis, settings);
  return {
    codes: diagnosis.targets.flatMap(({ findings }) => findings.map(({ code }) => code)),
    evidence: diagnosis.targets.flatMap(({ findings }) => findings.flatMap(({ evidence }) => evidence.facts)).join("; "),
    steps: planned.steps.map(({ name }) => name),
    written: planned.steps.filter((step) => step.ready && judgeStep(step, facts, settings, []).kind === "allow").map(({ name }) => name),
    blocks: planned.blocks.map(({ cause, kind }) => `${cause} ${kind}`),
    planned,
  };
}

const NOON = "2026-11-02T12:00:00.000Z";
const EVERYONE = { id: "00000000-0000-0000-0000-000000000000", type: "SystemDefined" };

// Microsoft Learn, "Understand Azure deny assignments"; "List Azure deny assignments" (no filter by membership).
describe("a deny assignment", () => {
  test.each<[string, Partial<AccessQuestion>, string]>([
    ["on a group that is known to hold the principal", { memberOf: [GROUP], denies: [aDeny()] }, "denied"],
    ["on a group of unknown members", { denies: [aDeny()] }, "maybeDenied"],
    ["on a group of unknown members, while the service has access", { denies: [aDeny()], servedSince: NOON }, "granted"],
    [
      "on a group of unknown members, from before the service last looked",
      { denies: [aDeny({ changedOn: "2026-11-02T11:59:00.000Z" })], servedSince: NOON },
      "granted",
    ],
    [
      "on a group of unknown members, made since the service last looked",
      { denies: [aDeny({ changedOn: NOON })], servedSince: NOON },
      "maybeDenied",
    ],
    ["on a group of unknown members, where nothing is granted", { denies: [aDeny()], assignments: [] }, "notGranted"],
    [
      "on everyone but a group of unknown members",
      { denies: [aDeny({ principals: [EVERYONE], excludePrincipals: [{ id: GROUP, type: "Group" }] })] },
      "maybeDenied",
    ],
    [
      "on everyone but another application",
      { denies: [aDeny({ principals: [EVERYONE], excludePrincipals: [{ id: OTHER, type: "ServicePrincipal" }] })] },
      "denied",
    ],
    ["at the root", { memberOf: [GROUP], denies: [aDeny({ scope: "/" })] }, "denied"],
    [
      "at a management group",
      { memberOf: [GROUP], denies: [aDeny({ scope: "/providers/Microsoft.Management/managementGroups/m" })] },
      "denied",
    ],
    ["at a scope that was not told", { memberOf: [GROUP], denies: [aDeny({ scope: " " })] }, "granted"],
    [
      "whose second block denies",
      {
        memberOf: [GROUP],
        denies: [
          aDeny({
            permissions: [
              { actions: [], notActions: [], dataActions: ["Microsoft.Storage/*"], notDataActions: [] },
              { actions: [], notActions: [], dataActions: [WRAP], notDataActions: [] },
            ],
          }),
        ],
      },
      "denied",
    ],
  ])("%s", (_what, over, why) => {
    expect(whyOf(over)).toBe(why);
  });

  const denied = { access: [anAccess({ denies: [aDeny()] })] };

  test("on a group, made since the service last looked, is doubt though the service says that it has access", () => {
    const on = (changedOn: string | null) => look({ access: [anAccess({ denies: [aDeny({ changedOn })] })] });
    const facts = someFacts();
    expect(on(toIso(toMs(facts.at) - 64 * MINUTE))).toMatchObject({ codes: ["Unreadable"], written: [] });
    for (const changedOn of [toIso(toMs(facts.at) - 66 * MINUTE), null]) expect(on(changedOn).codes).toEqual([]);
  });

  test("on a group says nothing against a database that the service serves", () => {
    expect(look(denied)).toMatchObject({ codes: [], steps: [] });
  });

  test("on a group may be why the service lost access: waited for, then a person's matter; nothing is granted around it", () => {
    const found = look({ ...denied, targets: [anAccount({ service: revoked(4002) })] });
    expect(found).toMatchObject({ codes: ["AccessDenied"], steps: [], blocks: ["AccessDenied wait"] });
    expect(found.evidence).toContain("if it is in the group that this deny assignment speaks of");
  });

  test("on a group leaves open what a database has whose service says nothing", () => {
    const targets = [aCluster({ service: clusterSays("Updating", null) })];
    expect(look({ ...denied, targets })).toMatchObject({ codes: ["Unreadable"], steps: [] });
  });

  test("on a group keeps a database from being switched to another identity", () => {
    const access = [anAccess({ principalId: OTHER, assignments: [anAssignment({ principalId: OTHER })], denies: [aDeny()] })];
    const facts = someFacts({ identities: [anIdentity("id-2", OTHER)], access });
    expect(grantStateOf(facts, facts.targets[0]!, OTHER)).toBe("none");
  });
});

describe("a role", () => {
  // Microsoft Learn, "Understand Azure role definitions": NotDataActions are subtracted from the DataActions of their own permission.
  test("takes away within one of its permissions only", () => {
    const permissions = [
      { actions: [], notActions: [], dataActions: ["*"], notDataActions: ["*/wrap/action"] },
      { actions: [], notActions: [], dataActions: [WRAP], notDataActions: [] },
    ];
    expect(effectiveAccess(ask({ definitions: [{ id: ENCRYPTION_ROLE, roleName: "", permissions }] })).lacking).toEqual([]);
  });

  test("assigned at a scope that was not told grants nothing", () => {
    expect(whyOf({ assignments: [anAssignment({ scope: "" })] })).toBe("notGranted");
  });
});

describe("a condition that can't be read as a whole", () => {
  test.each([
    "ActionMatches{'*'}'",
    "ActionMatches{'*'} }",
    "ActionMatches{'*'} ]",
    "ActionMatches{'*'} OR",
    "ActionMatches{'*'} OR OR",
    "ActionMatches{'*'} || ()",
    "(ActionMatches{'*'}",
    "ActionMatches{'*'})",
    "!(ActionMatches{'x/y'}) OR @Resource[a:b",
    "ActionMatches{'*'} OR (@Resource[a:b] StringEquals 'c",
    "(".repeat(8000),
    `${"(".repeat(150)}ActionMatches{'*'}${")".repeat(150)}`,
    `ActionMatches{'${"x".repeat(20_000)}'}`,
  ])("is unknown: %.40s", (condition) => {
    expect(judgeCondition(condition, WRAP)).toBe("unknown");
  });

  test.each(["ActionMatches{'x/y'} AND", "ActionMatches{'x/y'} '", "ActionMatches{'x/y'} ]", ""])(
    "lifts no deny assignment: '%s'",
    (condition) => {
      expect(whyOf({ memberOf: [GROUP], denies: [aDeny({ condition })] })).toBe("denied");
    },
  );

  test("wildcards in a row mean what one means, and take no longer", () => {
    expect(matchesAction(`${"*".repeat(40)}/wrap/action`, WRAP)).toBe(true);
    expect(matchesAction(`${"*".repeat(40)}x`, WRAP)).toBe(false);
  });
});

describe("an access policy", () => {
  const policy = (over: Partial<AccessPolicy> = {}): AccessPolicy => ({
    tenantId: TENANT,
    objectId: PRINCIPAL,
    applicationId: null,
    keys: ["get", "list", "wrapKey", "unwrapKey"],
    ...over,
  });
  const on = (policies: AccessPolicy[], over: Partial<Facts> = {}) => ({
    vault: aPolicyVault([], { policies }),
    access: [anAccess({ assignments: [], definitions: [] })],
    ...over,
  });

  // Microsoft.KeyVault vaults, AccessPolicyEntry: the tenant that authenticates requests to the vault.
  test("of another tenant counts for nothing, and is not in the way of the right one", () => {
    const foreign = on([policy({ tenantId: "11111111-0000-4000-8000-00000000000f" })]);
    expect(look(foreign)).toMatchObject({ codes: ["PolicyMissing"], steps: ["AddAccessPolicyPermissions"] });
    const [step] = look(foreign).planned.steps;
    expect(precondition(step!, someFacts(foreign))).toBe("todo");
  });

  const byGroup = [policy({ objectId: GROUP })];

  test("that may be a group's leaves open what a served database has: nothing is written by itself", () => {
    const found = look(on(byGroup));
    expect(found).toMatchObject({ codes: ["Unreadable"], written: [] });
    expect(found.evidence).toContain(`through ${GROUP}, should that be a group`);
    const identities = [anIdentity(), { state: "gone", id: identityIdOf("id-2") } as const];
    expect(look(on(byGroup, { identities }))).toMatchObject({ codes: ["Unreadable"] });
  });

  test("that may be a group's leaves it open also where nothing of the identity's own is remembered", () => {
    expect(look(on(byGroup, { baseline: aBaseline({ permissionModel: "policies" }) }))).toMatchObject({
      codes: ["Unreadable"],
      written: [],
    });
  });

  test.each<[string, Partial<Facts>]>([
    ["the service has lost access", on(byGroup, { targets: [anAccount({ service: revoked(4002) })] })],
    [
      "the identity had one of its own when last healthy",
      on(byGroup, { baseline: aBaseline({ permissionModel: "policies", policies: [policy()] }) }),
    ],
    ["the identity has one of its own that lacks something", on([...byGroup, policy({ keys: ["get"] })])],
    ["nobody else's would do", on([policy({ objectId: GROUP, keys: ["get"] })])],
    ["the other is that of an identity", on(byGroup, { identities: [anIdentity(), anIdentity("id-2", GROUP)] })],
  ])("of somebody else's is no doubt where %s", (_what, over) => {
    expect(look(over)).toMatchObject({ codes: ["PolicyMissing"], steps: ["AddAccessPolicyPermissions"] });
  });

  test("of somebody else's is no doubt about an identity that is not in use yet", () => {
    const facts = someFacts(on(byGroup, { identities: [anIdentity(), anIdentity("id-2", OTHER)] }));
    expect(grantStateOf(facts, facts.targets[0]!, OTHER)).toBe("none");
  });

  test("is not in doubt where roles say that the vault was switched", () => {
    const vault = aPolicyVault([], { policies: byGroup });
    expect(look({ vault })).toMatchObject({ codes: ["PermissionModelSwitched"] });
  });
});

describe("a lost assignment", () => {
  const conditional = anAssignment({
    name: "cccccccc-0000-4000-8000-000000000001",
    condition: "@Resource[x:y] StringEquals 'z'",
    conditionVersion: "2.0",
  });
  const baseline = aBaseline({ assignments: [conditional, anAssignment()] });
  const restored = (over: Partial<Facts>) =>
    look(over).planned.steps.flatMap((step) => (step.name === "RestoreRoleAssignment" ? [step.params.name] : []));

  test("without a condition is put back before one with a condition", () => {
    expect(restored({ access: [anAccess({ assignments: [] })], baseline })).toEqual([anAssignment().name]);
  });

  test("is put back beside a conditional one that was there while the database was healthy", () => {
    expect(restored({ access: [anAccess({ assignments: [conditional] })], baseline })).toEqual([anAssignment().name]);
  });

  test("is not put back beside a conditional one that is new: somebody tied it to that", () => {
    const later = aBaseline({ assignments: [anAssignment()] });
    expect(look({ access: [anAccess({ assignments: [conditional] })], baseline: later })).toMatchObject({
      codes: ["AccessDenied"],
      steps: [],
    });
  });

  test("with a condition that is not met helps nobody, and one beside it is a person's matter", () => {
    const other = { ...conditional, id: `${conditional.id}2`, name: "dddddddd-0000-4000-8000-000000000001" };
    const both = aBaseline({ assignments: [conditional, other] });
    expect(look({ access: [anAccess({ assignments: [conditional] })], baseline: both })).toMatchObject({
      codes: ["AccessDenied"],
      steps: [],
    });
  });
});

// Microsoft Learn, "Troubleshoot Azure RBAC"; "Managed identity best practice recommendations".
describe("a grant has reached the vault", () => {
  const ago = (ms: number): string => toIso(toMs(NOW) - ms);
  const MANAGEMENT_GROUP = "/providers/Microsoft.Management/managementGroups/m";
  test.each([
    ["after eleven minutes", {}, 11 * MINUTE, "settled"],
    ["not after nine", {}, 9 * MINUTE, "settling"],
    ["at a subscription after eleven", { scope: SUBSCRIPTION }, 11 * MINUTE, "settled"],
    ["at a management group not after eleven", { scope: MANAGEMENT_GROUP }, 11 * MINUTE, "settling"],
    ["at a management group after a day", { scope: MANAGEMENT_GROUP }, 25 * HOUR, "settled"],
    ["at the root not after eleven", { scope: "/" }, 11 * MINUTE, "settling"],
    ["through a group not after eleven", { principalId: GROUP, principalType: "Group" }, 11 * MINUTE, "settling"],
  ])("%s", (_what, over, ms, state) => {
    const facts = someFacts({ access: [anAccess({ assignments: [anAssignment({ ...over, createdOn: ago(ms) })] })] });
    expect(grantStateOf(facts, facts.targets[0]!, PRINCIPAL)).toBe(state);
  });
});

describe("the casing of an identity", () => {
  const gone = { state: "gone", id: identityIdOf("id-orders") } as const;
  const second = anIdentity("ID-Orders-2", OTHER, { tags: { "keymend:insteadOf": "ID-Orders" } });
  const uses = (id: string) => ({ form: "user" as const, id, federatedClientId: null });
  const granted = [anAccess({ principalId: OTHER, assignments: [anAssignment({ principalId: OTHER })] })];

  test("does not keep a stale one attached", () => {
    const attached = [
      { id: gone.id, principalId: PRINCIPAL, clientId: null },
      { id: second.id, principalId: OTHER, clientId: null },
    ];
    const targets = [anAccount({ defaultIdentity: uses(second.id), attached })];
    expect(look({ identities: [second, gone], access: granted, targets }).steps).toEqual(["DetachIdentity"]);
  });

  test("does not make a second replacement for another database", () => {
    const found = look({ identities: [second, gone], access: granted });
    expect(found.steps).not.toContain("CreateIdentity");
    expect(found.codes).toEqual(["IdentityDeleted"]);
  });

  test("of a principal does not make one identity two", () => {
    const attached = [{ id: IDENTITY_ID, principalId: PRINCIPAL.toUpperCase(), clientId: null }];
    const targets = [anAccount({ defaultIdentity: uses(second.id), attached })];
    const detach = {
      name: "DetachIdentity" as const,
      params: { targetId: ACCOUNT_ID, targetKind: "account" as const, identityId: IDENTITY_ID, keeps: null },
    };
    expect(precondition(detach, someFacts({ targets }))).toEqual({ stale: `${IDENTITY_ID} is not known to be gone` });
    expect(look({ targets: [anAccount({ attached })] }).codes).toEqual([]);
    // Empty until the operation that attaches it is done (recorded: Azure/azure-cli test_cosmosdb_managed_service_identity.yaml).
    expect(look({ targets: [anAccount({ attached: [{ id: IDENTITY_ID, principalId: null, clientId: null }] })] }).codes).toEqual([]);
  });

  test("of one made again under its old name is another principal: what stands in for it is known, and it is detached at the end", () => {
    const again = anIdentity("id-orders", "33333333-0000-4000-8000-000000000003");
    const attached = [
      { id: again.id, principalId: PRINCIPAL, clientId: null },
      { id: second.id, principalId: OTHER, clientId: null },
    ];
    const targets = [anAccount({ defaultIdentity: uses(second.id), attached })];
    expect(look({ identities: [second, again], access: granted, targets }).steps).toEqual(["DetachIdentity"]);
  });
});

describe("a database that names no key", () => {
  test("has nothing to lose, unless the service says that it has lost it", () => {
    expect(look({ targets: [anAccount({ keyUri: null })] }).codes).toEqual([]);
    const found = look({ targets: [anAccount({ keyUri: null, service: revoked(4006) })] });
    expect(found).toMatchObject({ codes: ["Unreadable"], steps: [] });
    expect(found.evidence).toContain("names no key");
    expect(look({ targets: [anAccount({ keyUri: null, service: aStatus({ healthy: null, text: null }) })] }).codes).toEqual([]);
  });
});

describe("a vault whose id was not told", () => {
  test("is granted nothing on", () => {
    expect(look({ vault: { state: "gone", id: null, name: "kv-orders" }, access: [anAccess({ assignments: [] })] }).steps).toEqual([]);
    expect(aVault().id).toBe(VAULT_ID);
  });
});
