import { describe, expect, test } from "vitest";
import type { CauseCode } from "../../../src/domain/cause-code.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import type { Facts, KeyFacts, KeyVersionFacts, TargetFacts } from "../../../src/domain/facts.ts";
import { plan } from "../../../src/domain/plan/plan.ts";
import type { Settings } from "../../../src/domain/settings.ts";
import type { Plan } from "../../../src/domain/plan.ts";
import type { Step, StepName, StepParams } from "../../../src/domain/steps/step.ts";
import { DAY } from "../../../src/domain/time.ts";
import {
  ACCOUNT_ID,
  aBaseline,
  aCluster,
  aHolder,
  aKey,
  anAccess,
  anAccount,
  anAssignment,
  anIdentity,
  aPolicyVault,
  aRole,
  aSubscription,
  aVault,
  aVersion,
  CLUSTER_ID,
  clusterSays,
  ENCRYPTION_ROLE,
  IDENTITY_ID,
  identityIdOf,
  inaccessible,
  KEY_SCOPE,
  KEY_URI,
  NOW,
  PRINCIPAL,
  revoked,
  someFacts,
  someSettings,
  SUBSCRIPTION,
  TENANT,
  V1,
  V2,
  VAULT_ID,
} from "../../support/builders.ts";

const PAST = "2026-10-01T00:00:00.000Z";
const SOON = "2026-11-20T00:00:00.000Z";
const IN_90_DAYS = "2027-01-31T10:00:00.000Z";
const PRINCIPAL_2 = "22222222-0000-4000-8000-000000000002";
const SECOND = identityIdOf("id-orders-2");
const deletedVault = {
  state: "deleted",
  id: VAULT_ID,
  name: "kv-orders",
  resourceGroup: "rg-orders",
  location: "westeurope",
  tags: {},
  deletedOn: PAST,
  scheduledPurgeOn: SOON,
} as const;
const deletedKey: KeyFacts = { state: "deleted", name: "cmk", tags: {}, deletedOn: PAST, scheduledPurgeOn: SOON, versions: [] };
const goneIdentity = { state: "gone", id: IDENTITY_ID } as const;
const noRole = [anAccess({ assignments: [] })];
const second = (over = {}) => anIdentity("id-orders-2", PRINCIPAL_2, { tags: { "keymend:insteadOf": "id-orders" }, ...over });

type Over = Partial<Facts> & { target?: Partial<TargetFacts> };

function planned(make: typeof anAccount, { target, ...over }: Over, settings: Partial<Settings> = {}): Plan {
  const facts = someFacts({ targets: [make(target)], ...over });
  const all = someSettings(settings);
  return plan(facts, diagnose(facts, all), all);
}

const namesOf = ({ steps }: Plan): StepName[] => steps.map(({ name }) => name);
const readyOf = ({ steps }: Plan): StepName[] => steps.filter(({ ready }) => ready).map(({ name }) => name);
const blocksOf = ({ blocks }: Plan): string[] => blocks.map(({ cause, kind }) => `${cause} ${kind}`);

function paramsOf<N extends StepName>({ steps }: Plan, name: N): StepParams[N] {
  const step = steps.find((one): one is Step & { name: N; params: StepParams[N] } => one.name === name);
  if (!step) throw new Error(`no ${name} in ${namesOf({ steps, blocks: [] }).join(", ")}`);
  return step.params;
}

type Row = [what: string, over: Over, names: StepName[]];

const BOTH: Row[] = [
  ["nothing where nothing is wrong", {}, []],
  ["an extension of an expired key", { keys: [aKey([aVersion(V1, { expiresOn: PAST })])] }, ["ExtendKeyExpiry"]],
  ["an extension weeks before a key expires", { keys: [aKey([aVersion(V1, { expiresOn: SOON })])] }, ["ExtendKeyExpiry"]],
  [
    "both extensions at once, of the version in use and of the latest",
    { target: { versionInUse: V1 }, keys: [aKey([aVersion(V2, { expiresOn: SOON }), aVersion(V1, { expiresOn: PAST })])] },
    ["ExtendKeyExpiry", "ExtendKeyExpiry"],
  ],
  ["an activation", { keys: [aKey([aVersion(V1, { notBefore: SOON })])] }, ["SetKeyNotBefore"]],
  ["an enabling", { keys: [aKey([aVersion(V1, { enabled: false })])] }, ["EnableKeyVersion"]],
  [
    "an enabling of the old version after a rotation",
    { target: { versionInUse: V1 }, keys: [aKey([aVersion(V2), aVersion(V1, { enabled: false })])] },
    ["EnableKeyVersion"],
  ],
  ["the operations put back", { keys: [aKey([aVersion(V1, { operations: ["sign"] })])] }, ["RestoreKeyOperations"]],
  ["a recovery of the key", { keys: [deletedKey] }, ["RecoverKey"]],
  ["a recovery of the vault", { vault: deletedVault, keys: [], access: [] }, ["RecoverVault"]],
  ["a role at the key", { access: noRole }, ["GrantKeyRole"]],
  ["permissions in the policy", { vault: aPolicyVault([]), access: [] }, ["AddAccessPolicyPermissions"]],
  ["a role after a switch to roles", { vault: aPolicyVault(undefined, { permissionModel: "rbac" }), access: noRole }, ["GrantKeyRole"]],
  ["a policy after a switch to policies", { vault: aPolicyVault([]) }, ["AddAccessPolicyPermissions"]],
  ["the bypass", { vault: aVault({ network: { ...aVault().network, defaultAction: "Deny", bypass: "None" } }) }, ["AllowTrustedServices"]],
  [
    "all that is wrong, in order",
    {
      vault: aVault({ network: { ...aVault().network, defaultAction: "Deny", bypass: "None" } }),
      keys: [aKey([aVersion(V1, { expiresOn: PAST, enabled: false })])],
      access: noRole,
    },
    ["EnableKeyVersion", "ExtendKeyExpiry", "GrantKeyRole", "AllowTrustedServices"],
  ],
];

describe.each([
  ["account", anAccount, revoked()],
  ["cluster", aCluster, inaccessible()],
] as const)("the plan for a %s", (_kind, make, lost) => {
  test.each(BOTH)("is %s", (_what, over, names) => {
    for (const service of [undefined, lost]) {
      const found = planned(make, { ...over, target: { ...over.target, ...(service && { service }) } });
      expect(namesOf(found)).toEqual(names);
      expect(readyOf(found)).toEqual(names);
      expect(found.blocks).toHaveLength(service && names.length === 0 ? 1 : service && _what.includes("weeks before") ? 1 : 0);
    }
  });

  test.each<[string, Over, string[]]>([
    ["a vault that is gone", { vault: { state: "gone", id: null, name: "kv-orders" }, keys: [] }, ["VaultGone unrecoverable"]],
    ["a key that is gone", { keys: [{ state: "gone", name: "cmk" }] }, ["KeyGone unrecoverable"]],
    ["a key that is unfit", { keys: [aKey([aVersion(V1, { type: "EC" })])] }, ["KeyUnfit escalate"]],
    [
      "a managed HSM",
      { vault: null, targets: [anAccount({ keyUri: "https://h.managedhsm.azure.net/keys/cmk", service: revoked() })] },
      ["ManagedHsm escalate"],
    ],
    ["another tenant", { target: { service: lost }, vault: aVault({ tenantId: "other" }) }, ["OtherTenant escalate"]],
    ["what could not be read", { access: [] }, ["Unreadable escalate"]],
    ["a condition", { access: [anAccess({ assignments: [anAssignment({ condition: "?" })] })] }, ["AccessDenied escalate"]],
    [
      "a perimeter",
      { vault: aVault({ network: { ...aVault().network, publicNetworkAccess: "SecuredByPerimeter" } }) },
      ["PerimeterBlocked escalate"],
    ],
  ])("has no step for %s, and says so", (_what, over, blocks) => {
    const found = planned(make, over);
    expect(found.steps).toEqual([]);
    expect(blocksOf(found)).toEqual(blocks);
    expect(found.blocks[0]!.reason).not.toBe("");
  });

  test("waits for a service that has not noticed", () => {
    expect(blocksOf(planned(make, { target: { service: lost } }))).toEqual(["Revalidating wait"]);
  });

  test("restores after a vault's recovery what that loses, and is ready only for the recovery", () => {
    const found = planned(make, {
      vault: deletedVault,
      keys: [],
      access: [],
      baseline: aBaseline({ eventSubscriptions: [aSubscription()] }),
    });
    expect(namesOf(found)).toEqual(["RecoverVault", "RestoreRoleAssignment", "RestoreEventSubscription"]);
    expect(readyOf(found)).toEqual(["RecoverVault"]);
    expect(paramsOf(found, "RecoverVault")).toMatchObject({ vaultId: VAULT_ID, location: "westeurope", tenantId: TENANT, sku: "premium" });
    expect(found.steps[0]!.tells).toContain("what else kv-orders had is not known");
    expect(paramsOf(found, "RestoreRoleAssignment")).toMatchObject({ scope: VAULT_ID, name: anAssignment().name, principalId: PRINCIPAL });
    expect(new Set(found.steps.map(({ needs }) => needs))).toEqual(new Set(["approval"]));
  });

  test.each([
    ["used policies", aBaseline({ permissionModel: "policies" })],
    ["had its grants above the vault", aBaseline({ assignments: [anAssignment({ scope: SUBSCRIPTION })] })],
    ["is not remembered", null],
  ])("has no grant to restore where the vault %s", (_what, baseline) => {
    const found = planned(make, { vault: deletedVault, keys: [], access: [], baseline });
    expect(namesOf(found)).toEqual(["RecoverVault"]);
    expect(paramsOf(found, "RecoverVault").sku).toBe(baseline ? "premium" : "standard");
  });

  test("has no grant to restore for an identity that is gone with the vault", () => {
    const found = planned(make, { vault: deletedVault, keys: [], access: [], identities: [goneIdentity], baseline: aBaseline() });
    expect(namesOf(found)).not.toContain("RestoreRoleAssignment");
    expect(namesOf(found)).toEqual(expect.arrayContaining(["RecoverVault", "CreateIdentity"]));
    expect(readyOf(found)).toEqual(["RecoverVault", "CreateIdentity"]);
  });
});

describe("a grant", () => {
  test("restores the very assignment that was lost at the vault", () => {
    const found = planned(anAccount, {
      access: noRole,
      baseline: aBaseline({ assignments: [anAssignment({ condition: "c", conditionVersion: "2.0", description: "d" })] }),
    });
    expect(namesOf(found)).toEqual(["RestoreRoleAssignment"]);
    expect(paramsOf(found, "RestoreRoleAssignment")).toEqual({
      scope: VAULT_ID,
      name: anAssignment().name,
      roleDefinitionId: ENCRYPTION_ROLE,
      principalType: "ServicePrincipal",
      condition: "c",
      conditionVersion: "2.0",
      description: "d",
      principalId: PRINCIPAL,
      identityId: IDENTITY_ID,
    });
  });

  test.each([
    ["was made above the vault", anAssignment({ scope: SUBSCRIPTION })],
    ["was one of a wider role", anAssignment({ roleDefinitionId: ENCRYPTION_ROLE.replace("e147488a", "14b46e9e") })],
    ["was for another key", anAssignment({ scope: `${VAULT_ID}/keys/other` })],
    ["was somebody else's", anAssignment({ principalId: PRINCIPAL_2 })],
  ])("is the encryption role at the key where the lost assignment %s", (_what, assignment) => {
    const found = planned(anAccount, { access: noRole, baseline: aBaseline({ assignments: [assignment] }) });
    expect(paramsOf(found, "GrantKeyRole")).toMatchObject({
      scope: KEY_SCOPE,
      principalId: PRINCIPAL,
      roleDefinitionId: "e147488a-f6f5-4113-8e2d-b22465e65bf6",
    });
  });

  test("is the encryption role at the key where the old assignment is still there and does not do", () => {
    const access = [anAccess({ definitions: [aRole(ENCRYPTION_ROLE, ["Microsoft.KeyVault/vaults/keys/read"])] })];
    expect(namesOf(planned(anAccount, { access, baseline: aBaseline() }))).toEqual(["GrantKeyRole"]);
  });

  test("adds to a policy only what is lacking, for a cluster list as well", () => {
    const vault = aPolicyVault(["GET", "wrapKey"]);
    expect(paramsOf(planned(anAccount, { vault, access: [] }), "AddAccessPolicyPermissions")).toEqual({
      vaultId: VAULT_ID,
      tenantId: TENANT,
      applicationId: null,
      keys: ["unwrapKey"],
      principalId: PRINCIPAL,
      identityId: IDENTITY_ID,
    });
    expect(paramsOf(planned(aCluster, { vault, access: [] }), "AddAccessPolicyPermissions").keys).toEqual(["unwrapKey", "list"]);
  });

  test("is made once for several databases, with all that they need", () => {
    const found = planned(anAccount, { vault: aPolicyVault([]), access: [], targets: [anAccount(), aCluster()] });
    expect(namesOf(found)).toEqual(["AddAccessPolicyPermissions"]);
    expect(paramsOf(found, "AddAccessPolicyPermissions").keys).toEqual(["get", "wrapKey", "unwrapKey", "list"]);
    expect(found.steps[0]!.targetIds).toEqual([ACCOUNT_ID, CLUSTER_ID]);
  });

  test("for a system-assigned identity names its principal alone", () => {
    const found = planned(anAccount, { access: noRole, target: { defaultIdentity: { form: "system" }, systemPrincipalId: PRINCIPAL } });
    expect(paramsOf(found, "GrantKeyRole")).toMatchObject({ principalId: PRINCIPAL, identityId: null });
  });
});

describe("an extension of an expiry", () => {
  const expiring = { keys: [aKey([aVersion(V1, { expiresOn: SOON })])] };
  const counter = `kv-orders/cmk/${V1}`;

  test("is by the length allowed, counted, and never beyond the horizon", () => {
    expect(paramsOf(planned(anAccount, expiring), "ExtendKeyExpiry")).toMatchObject({
      version: V1,
      previous: SOON,
      expiresOn: IN_90_DAYS,
      extensions: 1,
    });
    expect(paramsOf(planned(anAccount, expiring, { expiryHorizonMs: 60 * DAY }), "ExtendKeyExpiry").expiresOn).toBe(
      "2027-01-01T10:00:00.000Z",
    );
    expect(paramsOf(planned(anAccount, { ...expiring, expiryExtensions: { [counter]: 2 } }), "ExtendKeyExpiry").extensions).toBe(3);
  });

  test("is to a whole second, as Key Vault keeps it, so that it is seen to be done", () => {
    const { expiresOn } = paramsOf(planned(anAccount, { ...expiring, at: "2026-11-02T10:00:00.987Z" }), "ExtendKeyExpiry");
    expect(expiresOn).toBe(IN_90_DAYS);
  });

  test("gives way to a rotation when it was done as often as allowed", () => {
    const found = planned(anAccount, { ...expiring, expiryExtensions: { [counter]: 3 } });
    expect(found.steps).toEqual([]);
    expect(blocksOf(found)).toEqual(["KeyNearExpiry escalate"]);
    expect(found.blocks[0]!.reason).toContain("rotate");
  });

  test("of the version in use is not held back by the latest, whose own may not be moved any more", () => {
    const found = planned(anAccount, {
      target: { versionInUse: V1 },
      keys: [aKey([aVersion(V2, { expiresOn: SOON }), aVersion(V1, { expiresOn: PAST })])],
      expiryExtensions: { [`kv-orders/cmk/${V2}`]: 3 },
    });
    expect(found.steps.map(({ params }) => params)).toMatchObject([{ version: V1 }]);
    expect(blocksOf(found)).toEqual(["KeyNearExpiry escalate"]);
  });

  test("is never to an earlier time than is set", () => {
    const found = planned(anAccount, expiring, { expiryHorizonMs: 5 * DAY });
    expect(blocksOf(found)).toEqual(["KeyNearExpiry escalate"]);
    expect(found.blocks[0]!.reason).toContain("is the furthest that may be set");
  });

  test("goes before everything that enables the key anew at the database", () => {
    const found = planned(anAccount, {
      keys: [aKey([aVersion(V1, { expiresOn: PAST, notBefore: SOON, enabled: false, operations: [] })])],
    });
    expect(namesOf(found)).toEqual(["EnableKeyVersion", "SetKeyNotBefore", "ExtendKeyExpiry", "RestoreKeyOperations"]);
    expect(paramsOf(found, "SetKeyNotBefore").notBefore).toBe(NOW);
    expect(paramsOf(found, "RestoreKeyOperations").operations).toEqual(["wrapKey", "unwrapKey"]);
  });
});

describe("a cluster that lost access just after a rotation, and does not say which version it wraps with", () => {
  const FRESH = "2026-11-02T08:00:00.000Z";
  const after = (...before: KeyVersionFacts[]) => ({
    target: { service: inaccessible() },
    keys: [aKey([aVersion(V2, { createdOn: FRESH }), ...before])],
  });

  test("has the version before extended where it has expired", () => {
    const found = planned(aCluster, after(aVersion(V1, { expiresOn: PAST })));
    expect(found.steps).toMatchObject([{ name: "ExtendKeyExpiry", params: { version: V1 }, causes: ["KeyExpired"], needs: "nothing" }]);
  });

  test("has the version before enabled, or is asked about where it may be an older one", () => {
    const off = aVersion(V1, { enabled: false });
    expect(planned(aCluster, after(off)).steps).toMatchObject([{ name: "EnableKeyVersion", params: { version: V1 }, needs: "nothing" }]);
    expect(planned(aCluster, after(off, aVersion("9".repeat(32)))).steps).toMatchObject([{ params: { version: V1 }, needs: "approval" }]);
  });

  test.each([
    ["whose identity can't use the key", { access: [anAccess({ assignments: [] })] }],
    ["whose grant is on its way", { access: [anAccess({ assignments: [anAssignment({ createdOn: NOW })] })] }],
    ["whose identity is gone", { identities: [{ state: "gone" as const, id: IDENTITY_ID }] }],
  ])("but not one %s: that explains the loss", (_what, over) => {
    for (const version of [aVersion(V1, { enabled: false }), aVersion(V1, { expiresOn: PAST })]) {
      const { steps } = planned(aCluster, { ...after(version), ...over });
      expect(steps.map(({ name }) => name)).not.toContain("EnableKeyVersion");
      expect(steps.map(({ name }) => name)).not.toContain("ExtendKeyExpiry");
    }
  });
});

describe("a deleted identity", () => {
  const gone = { identities: [goneIdentity] };

  test("of an account is replaced under a new name: create, grant, attach, default, detach, each on its own", () => {
    const found = planned(anAccount, gone);
    expect(namesOf(found)).toEqual(["CreateIdentity", "GrantKeyRole", "AttachIdentity", "SetDefaultIdentity", "DetachIdentity"]);
    expect(readyOf(found)).toEqual(["CreateIdentity"]);
    expect(paramsOf(found, "CreateIdentity")).toEqual({ identityId: SECOND, location: "West Europe", insteadOf: "id-orders" });
    expect(paramsOf(found, "GrantKeyRole")).toMatchObject({ identityId: SECOND, principalId: null });
    expect(paramsOf(found, "SetDefaultIdentity").defaultIdentity).toBe(`UserAssignedIdentity=${SECOND}`);
    expect(paramsOf(found, "DetachIdentity").identityId).toBe(IDENTITY_ID);
    expect(found.steps.every(({ needs }) => needs === "approval")).toBe(true);
    expect(found.blocks).toEqual([]);
  });

  test("of a cluster is replaced by one write of identity and key together", () => {
    const found = planned(aCluster, { ...gone, target: { service: inaccessible() } });
    expect(namesOf(found)).toEqual(["CreateIdentity", "GrantKeyRole", "SetClusterEncryption", "DetachIdentity"]);
    expect(paramsOf(found, "SetClusterEncryption")).toEqual({ targetId: CLUSTER_ID, identityId: SECOND, keyUrl: KEY_URI });
  });

  test("is granted as a policy asks where the vault uses policies", () => {
    const found = planned(aCluster, { ...gone, vault: aPolicyVault() });
    expect(paramsOf(found, "AddAccessPolicyPermissions")).toMatchObject({
      identityId: SECOND,
      principalId: null,
      keys: ["get", "wrapKey", "unwrapKey", "list"],
    });
  });

  test("used by an account and a cluster elsewhere is replaced in the cluster's region: an account's may be anywhere", () => {
    const targets = [anAccount({ location: "East US" }), aCluster({ location: "West Europe" })];
    const facts = someFacts({ identities: [goneIdentity], targets });
    const found = plan(facts, diagnose(facts, someSettings()), someSettings());
    expect(paramsOf(found, "CreateIdentity").location).toBe("West Europe");
  });

  test("used by two databases is replaced once", () => {
    const found = planned(anAccount, { ...gone, targets: [anAccount(), aCluster()] });
    expect(namesOf(found).filter((name) => name === "CreateIdentity" || name === "GrantKeyRole")).toEqual([
      "CreateIdentity",
      "GrantKeyRole",
    ]);
  });

  test("keeps the ids of its steps when the new principal is known", () => {
    const before = planned(anAccount, gone);
    const after = planned(anAccount, { identities: [goneIdentity, second()] });
    const ids = new Set(before.steps.map(({ id }) => id));
    expect(after.steps.every(({ id }) => ids.has(id))).toBe(true);
    expect(namesOf(after)).toEqual(["GrantKeyRole", "AttachIdentity", "SetDefaultIdentity", "DetachIdentity"]);
    expect(readyOf(after)).toEqual(["GrantKeyRole", "AttachIdentity"]);
    expect(paramsOf(after, "GrantKeyRole").principalId).toBe(PRINCIPAL_2);
  });

  const granted = (createdOn: string | null) => [
    anAccess({ principalId: PRINCIPAL_2, assignments: [anAssignment({ principalId: PRINCIPAL_2, createdOn })] }),
  ];
  const attached = [...anAccount().attached, { id: SECOND, principalId: PRINCIPAL_2, clientId: null }];

  test("is switched away from only when the grant has had time to reach the vault", () => {
    const identities = [goneIdentity, second()];
    const fresh = planned(anAccount, { identities, access: granted("2026-11-02T09:55:00.000Z"), target: { attached } });
    expect(namesOf(fresh)).toEqual(["SetDefaultIdentity", "DetachIdentity"]);
    expect(readyOf(fresh)).toEqual([]);
    expect(blocksOf(fresh)).toEqual(["IdentityDeleted wait"]);
    expect(fresh.blocks[0]!.reason).toContain("may not have reached the vault yet");
    const settled = planned(anAccount, { identities, access: granted("2026-11-02T09:50:00.000Z"), target: { attached } });
    expect(readyOf(settled)).toEqual(["SetDefaultIdentity"]);
    expect(settled.blocks).toEqual([]);
    expect(readyOf(planned(aCluster, { identities, access: granted(null) }))).toEqual(["SetClusterEncryption"]);
  });

  test("is detached at the end, when no cause shows it any more", () => {
    const target = { attached, defaultIdentity: { form: "user", id: SECOND, federatedClientId: null } as const };
    const found = planned(anAccount, { identities: [goneIdentity, second()], access: granted(null), target });
    expect(namesOf(found)).toEqual(["DetachIdentity"]);
    expect(found.steps[0]).toMatchObject({ ready: true, causes: ["IdentityDeleted"], needs: "approval" });
  });

  test("stays attached where the account was without a default in this incident: letting go of it could take the new one away", () => {
    const target = { attached, defaultIdentity: { form: "user", id: SECOND, federatedClientId: null } as const };
    const facts = someFacts({ targets: [anAccount(target)], identities: [goneIdentity, second()], access: granted(null) });
    const left = (lostDefault: string[]) =>
      namesOf(plan(facts, diagnose(facts, someSettings()), someSettings(), { recovered: null, lostDefault }));
    expect(left([ACCOUNT_ID.toUpperCase()])).toEqual([]);
    expect(left(["/another"])).toEqual(["DetachIdentity"]);
  });

  test("takes the next free name where somebody else has the first", () => {
    const found = planned(anAccount, { identities: [goneIdentity, second({ tags: {} })] });
    expect(paramsOf(found, "CreateIdentity").identityId).toBe(identityIdOf("id-orders-3"));
  });

  test("asks a person where no name is free, or the identity's id is none", () => {
    const taken = ["id-orders-2", "id-orders-3", "id-orders-4"].map((name) => anIdentity(name, PRINCIPAL_2));
    expect(blocksOf(planned(anAccount, { identities: [goneIdentity, ...taken] }))).toEqual(["IdentityDeleted escalate"]);
    const target = { defaultIdentity: { form: "user", id: "nonsense", federatedClientId: null } as const };
    expect(blocksOf(planned(anAccount, { identities: [{ state: "gone", id: "nonsense" }], target }))).toEqual(["IdentityDeleted escalate"]);
  });

  test("made again under its old name is replaced like one that is gone", () => {
    const found = planned(anAccount, { identities: [anIdentity("id-orders", PRINCIPAL_2)] });
    expect(namesOf(found)[0]).toBe("CreateIdentity");
    expect(namesOf(found).at(-1)).toBe("DetachIdentity");
  });
});

describe("an account without a default identity", () => {
  const undefinedDefault = { defaultIdentity: { form: "undefined" } as const };

  test("gets back the one that the baseline shows", () => {
    const found = planned(anAccount, { target: undefinedDefault, baseline: aBaseline() });
    expect(found.steps).toMatchObject([
      { name: "SetDefaultIdentity", params: { defaultIdentity: `UserAssignedIdentity=${IDENTITY_ID}` }, ready: true, needs: "nothing" },
    ]);
  });

  test("has it attached first where it was detached, in a write of its own", () => {
    const found = planned(anAccount, { target: { ...undefinedDefault, attached: [] }, baseline: aBaseline() });
    expect(namesOf(found)).toEqual(["AttachIdentity", "SetDefaultIdentity"]);
    expect(readyOf(found)).toEqual(["AttachIdentity"]);
  });

  test("that names one which is not attached has just that attached", () => {
    expect(namesOf(planned(anAccount, { target: { attached: [] } }))).toEqual(["AttachIdentity"]);
  });

  test("has it granted first where it lacks access", () => {
    const found = planned(anAccount, { target: undefinedDefault, access: noRole, baseline: aBaseline({ assignments: [] }) });
    expect(namesOf(found)).toEqual(["GrantKeyRole", "SetDefaultIdentity"]);
    expect(readyOf(found)).toEqual(["GrantKeyRole"]);
  });

  test("gets the only attached one that can reach the key, where nothing is remembered or that is gone", () => {
    expect(namesOf(planned(anAccount, { target: undefinedDefault }))).toEqual(["SetDefaultIdentity"]);
    const target = { ...undefinedDefault, attached: [], systemPrincipalId: PRINCIPAL };
    const found = planned(anAccount, { target, identities: [goneIdentity], baseline: aBaseline() });
    expect(paramsOf(found, "SetDefaultIdentity").defaultIdentity).toBe("SystemAssignedIdentity");
  });

  test("asks a person where several could do, or none", () => {
    const both = { ...undefinedDefault, systemPrincipalId: PRINCIPAL };
    expect(blocksOf(planned(anAccount, { target: both }))).toEqual(["DefaultIdentityUndefined escalate"]);
    expect(blocksOf(planned(anAccount, { target: undefinedDefault, access: noRole }))).toEqual(["DefaultIdentityUndefined escalate"]);
  });

  test("whose identity was deleted gets one in its place when a person agrees, the same as others that shared it", () => {
    const sharing = { ...undefinedDefault, attached: [] };
    const found = planned(anAccount, { target: sharing, identities: [goneIdentity], access: noRole, baseline: aBaseline() });
    expect(namesOf(found)).toEqual(["CreateIdentity", "GrantKeyRole", "AttachIdentity", "SetDefaultIdentity"]);
    expect(found.steps).toMatchObject(found.steps.map(() => ({ needs: "approval", asks: expect.stringContaining("was deleted") })));
    const facts = someFacts({
      targets: [anAccount(sharing), anAccount({ id: `${ACCOUNT_ID}-2`, name: "orders-2" })],
      identities: [goneIdentity],
      baseline: aBaseline(),
    });
    const both = plan(facts, diagnose(facts, someSettings()), someSettings());
    expect(both.steps.filter(({ name }) => name === "CreateIdentity")).toMatchObject([{ targetIds: facts.targets.map(({ id }) => id) }]);
  });

  test("that was the default for an hour only is put back when a person agrees", () => {
    const young = aBaseline({ holders: { [ACCOUNT_ID.toLowerCase()]: aHolder({ defaultSince: aBaseline().at }) } });
    const found = planned(anAccount, { target: undefinedDefault, baseline: young });
    expect(found.steps).toMatchObject([{ name: "SetDefaultIdentity", needs: "approval", asks: expect.stringContaining("known good") }]);
    expect(planned(anAccount, { target: undefinedDefault, baseline: aBaseline() }).steps).toMatchObject([{ needs: "nothing" }]);
  });

  const system = aBaseline({ defaultIdentities: { [ACCOUNT_ID]: "SystemAssignedIdentity" } });

  test("whose system identity was switched off and on has the new principal granted", () => {
    const target = { ...undefinedDefault, systemPrincipalId: PRINCIPAL_2 };
    const found = planned(anAccount, { target, access: [anAccess({ principalId: PRINCIPAL_2, assignments: [] })], baseline: system });
    expect(namesOf(found)).toEqual(["GrantKeyRole", "SetDefaultIdentity"]);
    expect(paramsOf(found, "GrantKeyRole").principalId).toBe(PRINCIPAL_2);
  });

  test("whose system identity is off has it switched on, then granted as the new principal that it is, then made the default", () => {
    const found = planned(anAccount, { target: undefinedDefault, baseline: system });
    expect(namesOf(found)).toEqual(["AttachIdentity", "GrantKeyRole", "SetDefaultIdentity"]);
    expect(paramsOf(found, "AttachIdentity").identityId).toBe("SystemAssigned");
    expect(paramsOf(found, "GrantKeyRole")).toMatchObject({ identityId: ACCOUNT_ID, principalId: null });
    expect(readyOf(found)).toEqual(["AttachIdentity"]);
    const on = { ...undefinedDefault, systemPrincipalId: PRINCIPAL_2 };
    const after = planned(anAccount, { target: on, access: [anAccess({ principalId: PRINCIPAL_2, assignments: [] })], baseline: system });
    // An approval of the one is an approval of the other.
    const idOf = ({ steps }: Plan) => steps.find(({ name }) => name === "GrantKeyRole")?.id;
    expect(idOf(after)).toBe(idOf(found));
    const byPolicy = planned(anAccount, {
      target: undefinedDefault,
      vault: aPolicyVault([]),
      baseline: { ...system, permissionModel: "policies" },
    });
    expect(namesOf(byPolicy)).toEqual(["AttachIdentity", "AddAccessPolicyPermissions", "SetDefaultIdentity"]);
  });

  test("is given none that a deny assignment or a condition keeps out: a person decides", () => {
    const access = [anAccess({ assignments: [anAssignment({ condition: "?" })] })];
    const byUser = planned(anAccount, { target: undefinedDefault, access, baseline: aBaseline() });
    expect(byUser.steps).toEqual([]);
    expect(byUser.blocks).toMatchObject([
      { cause: "DefaultIdentityUndefined", kind: "escalate", reason: expect.stringContaining(IDENTITY_ID) },
    ]);
    const bySystem = planned(anAccount, { target: { ...undefinedDefault, systemPrincipalId: PRINCIPAL }, access, baseline: system });
    expect(bySystem.blocks).toMatchObject([{ kind: "escalate", reason: expect.stringContaining(`${ACCOUNT_ID} can't read`) }]);
    const firstParty = aBaseline({ defaultIdentities: { [ACCOUNT_ID]: "FirstPartyIdentity" } });
    const byService = planned(anAccount, { target: undefinedDefault, access, baseline: firstParty, firstPartyPrincipalId: PRINCIPAL });
    expect(byService.blocks).toMatchObject([{ kind: "escalate", reason: expect.stringContaining(`${PRINCIPAL} can't read`) }]);
  });

  test("that used Azure Cosmos DB's own identity gets it back", () => {
    const baseline = aBaseline({ defaultIdentities: { [ACCOUNT_ID]: "FirstPartyIdentity" } });
    const found = planned(anAccount, { target: undefinedDefault, baseline, firstPartyPrincipalId: PRINCIPAL });
    expect(found.steps).toMatchObject([{ name: "SetDefaultIdentity", params: { defaultIdentity: "FirstPartyIdentity" }, ready: true }]);
  });

  test("that reached into another tenant is a person's matter", () => {
    const baseline = aBaseline({ defaultIdentities: { [ACCOUNT_ID]: `UserAssignedIdentity=${IDENTITY_ID}&FederatedClientId=app` } });
    expect(blocksOf(planned(anAccount, { target: undefinedDefault, baseline }))).toEqual(["DefaultIdentityUndefined escalate"]);
  });

  test("waits, and says for what, while the identity to attach is not known", () => {
    const found = planned(anAccount, { target: { ...undefinedDefault, attached: [] }, identities: [], baseline: aBaseline() });
    expect(readyOf(found)).toEqual([]);
    expect(blocksOf(found)).toEqual(["DefaultIdentityUndefined wait"]);
  });
});

describe("a cluster without an identity", () => {
  test("gets back the one that the baseline shows, with its key in the same write", () => {
    const target = { defaultIdentity: { form: "undefined" } as const, service: inaccessible() };
    const found = planned(aCluster, { target, baseline: aBaseline() });
    expect(found.steps).toMatchObject([
      { name: "SetClusterEncryption", params: { identityId: IDENTITY_ID, keyUrl: KEY_URI }, ready: true },
    ]);
  });
});

describe("a restored account that borrows its identity", () => {
  const restored = anAccount({ id: `${ACCOUNT_ID}-r`, name: "orders-r", restoredFrom: "src" });
  const targets = [anAccount(), { ...restored, id: restored.id.replace("rg-orders", "rg-restored"), resourceGroup: "rg-restored" }];

  test("gets one of its own beside it, and the borrowed one stays where it is", () => {
    const found = planned(anAccount, { targets });
    expect(namesOf(found)).toEqual(["CreateIdentity", "GrantKeyRole", "AttachIdentity", "SetDefaultIdentity"]);
    expect(paramsOf(found, "CreateIdentity").identityId).toBe(SECOND.replace("rg-orders", "rg-restored"));
    expect(found.steps[0]!.needs).toBe("approval");
  });

  const alone = { restoredFrom: "/subscriptions/s/providers/Microsoft.DocumentDB/locations/x/restorableDatabaseAccounts/1" };

  test("is broken, not at risk, once the service gets no token for it: also where nobody knows any more whose it was", () => {
    const facts = someFacts({ targets: [anAccount({ ...alone, service: revoked(4000) })] });
    const found = planned(anAccount, { target: { ...alone, service: revoked(4000) } });
    expect(diagnose(facts, someSettings()).targets).toMatchObject([{ phase: "revoked", findings: [{ code: "BorrowedIdentity" }] }]);
    expect(namesOf(found)).toEqual(["CreateIdentity", "GrantKeyRole", "AttachIdentity", "SetDefaultIdentity"]);
    expect(planned(anAccount, { target: { ...alone, service: revoked(4002) } }).steps).toEqual([]);
    expect(planned(anAccount, { target: alone }).steps).toEqual([]);
  });

  test("asks a person where no name is free", () => {
    const taken = ["2", "3", "4"].map((n) =>
      anIdentity(`id-orders-${n}`, PRINCIPAL_2, { id: identityIdOf(`id-orders-${n}`).replace("rg-orders", "rg-restored") }),
    );
    expect(blocksOf(planned(anAccount, { targets, identities: [anIdentity(), ...taken] }))).toEqual(["BorrowedIdentity escalate"]);
  });
});

describe("a pinned cluster", () => {
  const pinned = { keyUri: `${KEY_URI}/${V1}`, versionInUse: V1 };
  const rotated = [aKey([aVersion(V2), aVersion(V1)])];

  test("that is Ready is set to follow the key, with its identity in the same write", () => {
    const found = planned(aCluster, { target: pinned, keys: rotated });
    expect(found.steps).toMatchObject([
      { name: "SetClusterEncryption", params: { identityId: IDENTITY_ID, keyUrl: KEY_URI }, ready: true, needs: "nothing" },
    ]);
  });

  test.each<[string, Over, string]>([
    ["is not Ready", { target: { ...pinned, service: clusterSays("Updating", null) }, keys: rotated }, "not Ready"],
    ["lacks access", { target: pinned, keys: rotated, access: noRole }, "healed first"],
    [
      "would be led to an expired version",
      { target: pinned, keys: [aKey([aVersion(V2, { expiresOn: PAST }), aVersion(V1)])] },
      "can't be used now",
    ],
    [
      "would be led to a version that is not valid yet",
      { target: pinned, keys: [aKey([aVersion(V2, { notBefore: SOON }), aVersion(V1)])] },
      "can't be used now",
    ],
    [
      "would be led to a disabled version",
      { target: pinned, keys: [aKey([aVersion("9".repeat(32), { enabled: false }), aVersion(V2), aVersion(V1)])] },
      "can't be used now",
    ],
  ])("that %s waits", (_what, over, why) => {
    const { blocks, steps } = planned(aCluster, over);
    expect(steps.map(({ name }) => name)).not.toContain("SetClusterEncryption");
    expect(blocks.find(({ cause }) => cause === "KeyVersionPinned")).toMatchObject({ kind: "wait", reason: expect.stringContaining(why) });
  });

  test.each<[string, Partial<Parameters<typeof aVersion>[1]>]>([
    ["is of a type that the service can't use", { type: "EC" }],
    ["is of a size that it can't use", { size: 1024 }],
    ["may not wrap", { operations: ["unwrapKey"] }],
    ["was not read as a whole", { type: null, size: null, operations: null }],
    ["was read without its operations", { operations: null }],
  ])("is not sent to a newer version that %s", (_what, over) => {
    const found = planned(aCluster, {
      target: { keyUri: `${KEY_URI}/${V1}`, versionInUse: V1 },
      keys: [aKey([aVersion(V2, over), aVersion(V1)])],
    });
    expect(found.steps).toEqual([]);
    expect(blocksOf(found)).toEqual(["KeyVersionPinned escalate"]);
  });

  test("with the version that it names and the newest disabled was revoked: a person is asked", () => {
    const keys = [aKey([aVersion(V2, { enabled: false }), aVersion(V1, { enabled: false })])];
    const found = planned(aCluster, { target: { keyUri: `${KEY_URI}/${V1}`, versionInUse: V1 }, keys });
    expect(found.steps).toMatchObject([{ name: "EnableKeyVersion", params: { version: V1 }, causes: ["KeyDisabled"], needs: "approval" }]);
    const newestOnly = [aKey([aVersion(V2, { enabled: false }), aVersion(V1)])];
    expect(planned(aCluster, { target: { keyUri: `${KEY_URI}/${V1}`, versionInUse: V1 }, keys: newestOnly }).steps).toEqual([]);
  });

  test("whose old version was disabled has that healed first", () => {
    const found = planned(aCluster, { target: pinned, keys: [aKey([aVersion(V2), aVersion(V1, { enabled: false })])] });
    expect(namesOf(found)).toEqual(["EnableKeyVersion"]);
    expect(blocksOf(found)).toEqual(["KeyVersionPinned wait"]);
  });
});

describe("a malformed key URI", () => {
  test("of an account is set right once, alone, even on a revoked account as the guide says", () => {
    const found = planned(anAccount, { target: { keyUri: `${KEY_URI}/${V1}`, service: revoked(4006) } });
    expect(found.steps).toMatchObject([{ name: "SetKeyUri", params: { targetId: ACCOUNT_ID, keyUri: KEY_URI }, ready: true }]);
  });

  test.each<[string, typeof anAccount, string]>([
    ["that names no key", anAccount, "https://kv-orders.vault.azure.net/keys"],
    ["of a cluster", aCluster, `${KEY_URI}/`],
  ])("%s is a person's matter", (_what, make, keyUri) => {
    expect(blocksOf(planned(make, { target: { keyUri } }))).toContain("KeyUriMalformed escalate");
  });
});

describe("a plan", () => {
  test("asks as the settings say, and asks if one of several causes does", () => {
    const over = { keys: [aKey([aVersion(V1, { enabled: false })])] };
    expect(planned(anAccount, over).steps[0]!.needs).toBe("approval");
    expect(planned(anAccount, over, { causes: { KeyDisabled: "auto" } }).steps[0]!.needs).toBe("nothing");
    expect(planned(anAccount, { access: noRole }, { causes: { AccessMissing: "ask" } }).steps[0]!.needs).toBe("approval");
  });

  test("serves all databases of a vault with one step", () => {
    const targets = [1, 2, 3, 4, 5].map((n) => anAccount({ id: `${ACCOUNT_ID}${n}` }));
    const found = planned(anAccount, { targets, keys: [deletedKey] });
    expect(namesOf(found)).toEqual(["RecoverKey"]);
    expect(found.steps[0]!.targetIds).toHaveLength(5);
    expect(planned(anAccount, { targets, vault: { state: "gone", id: null, name: "v" } }).blocks).toMatchObject([
      { targetIds: targets.map(({ id }) => id) },
    ]);
  });

  test("puts a lost event subscription back though every database is well, asking nobody", () => {
    const properties = { destination: { properties: { resourceId: "/sites/func/functions/onKeyVaultEvent" } } };
    const own = aSubscription({ properties });
    const found = planned(anAccount, { baseline: aBaseline({ eventSubscriptions: [own] }) });
    expect(found.steps).toMatchObject([
      { name: "RestoreEventSubscription", causes: [], needs: "nothing", ready: true, targetIds: [ACCOUNT_ID] },
    ]);
    const there = planned(anAccount, {
      baseline: aBaseline({ eventSubscriptions: [own] }),
      eventSubscriptions: [aSubscription({ name: "KEYMEND", properties })],
    });
    expect(there.steps).toEqual([]);
  });

  test("says of a database that could not be read that a person is needed", () => {
    const facts = someFacts({
      targets: [],
      missing: [{ state: "unreadable", why: "denied", detail: "403", kind: "account", id: ACCOUNT_ID }],
    });
    expect(blocksOf(plan(facts, diagnose(facts, someSettings()), someSettings()))).toEqual(["Unreadable escalate"]);
    // The inventory lags: that one is listed which is gone passes, or a person is told in the end.
    const listed = { ...facts, missing: [{ state: "gone" as const, kind: "account" as const, id: ACCOUNT_ID }] };
    expect(blocksOf(plan(listed, diagnose(listed, someSettings()), someSettings()))).toEqual(["Unreadable wait"]);
  });

  test("turns what must never be done into a person's matter", () => {
    const facts = someFacts({ keys: [aKey([aVersion(V1, { expiresOn: PAST })])] });
    const diagnosis = diagnose(facts, someSettings());
    // The same diagnosis under a horizon that the settings forbid: no extension may pass it.
    const found = plan({ ...facts, at: "2026-09-01T00:00:00.000Z" }, diagnosis, someSettings({ expiryHorizonMs: 0, expiryExtensionMs: 0 }));
    expect(found.steps).toEqual([]);
    expect(found.blocks[0]!.kind).toBe("escalate");
  });

  test("names each step's permission, target, undo and causes", () => {
    const [step] = planned(anAccount, { keys: [aKey([aVersion(V1, { expiresOn: PAST })])] }).steps;
    const causes: CauseCode[] = ["KeyExpired"];
    expect(step).toMatchObject({
      on: `${KEY_URI}/${V1}`,
      permission: "Microsoft.KeyVault/vaults/keys/update/action",
      causes,
      targetIds: [ACCOUNT_ID],
    });
    expect(step!.undo).toContain(PAST);
    expect(step!.id).not.toContain("2027");
  });
});

describe("the same grant for a database that had it and for a stranger that names the same identity", () => {
  const stranger = anAccount({ id: `${ACCOUNT_ID}-stranger`, name: "stranger" });
  const facts = someFacts({ targets: [anAccount(), stranger], access: [anAccess({ assignments: [] })], baseline: aBaseline() });
  const planOf = (causes: Settings["causes"]) => {
    const settings = someSettings({ causes });
    return plan(facts, diagnose(facts, settings), settings).steps;
  };

  test.each<[string, Settings["causes"], string]>([
    ["is one step that serves both", {}, "nothing"],
    ["is a question where its cause is one", { AccessMissing: "ask" }, "approval"],
  ])("%s", (_, causes, needs) => {
    expect(planOf(causes)).toMatchObject([{ name: "RestoreRoleAssignment", targetIds: [ACCOUNT_ID, stranger.id], needs }]);
  });

  test("on a policy vault gives the stranger nothing more by what the other gets back", () => {
    const cluster = aCluster({ id: `${CLUSTER_ID}-stranger`, name: "stranger" });
    const onPolicies = someFacts({
      targets: [anAccount(), cluster],
      vault: aPolicyVault([]),
      baseline: aBaseline({ permissionModel: "policies" }),
    });
    const { steps } = plan(onPolicies, diagnose(onPolicies, someSettings()), someSettings());
    expect(steps.map(({ params, targetIds }) => [("keys" in params ? params.keys : []).includes("list"), targetIds])).toEqual([
      [false, [ACCOUNT_ID]],
      [true, [cluster.id]],
    ]);
  });
});
