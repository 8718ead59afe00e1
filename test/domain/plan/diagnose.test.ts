import { describe, expect, test } from "vitest";
import type { CauseCode } from "../../../src/domain/cause-code.ts";
import type { Phase } from "../../../src/domain/cause.ts";
import { causeOf, causes } from "../../../src/domain/causes/index.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import { plan } from "../../../src/domain/plan/plan.ts";
import type { Facts, KeyFacts, TargetFacts } from "../../../src/domain/facts.ts";
import { ONLY_MENDS } from "../../../src/domain/mending/made-by.ts";
import { LOG_OPERATIONS, OPERATIONS } from "../../../src/domain/signal.ts";
import {
  ACCOUNT_ID,
  aBaseline,
  aCluster,
  aDeny,
  aKey,
  anAccess,
  anAccount,
  anAssignment,
  anIdentity,
  aPolicyVault,
  aRole,
  aStatus,
  aVault,
  aVersion,
  CLUSTER_ID,
  clusterSays,
  ENCRYPTION_ROLE,
  IDENTITY_ID,
  identityIdOf,
  inaccessible,
  KEY_URI,
  NOW,
  PRINCIPAL,
  revoked,
  someFacts,
  someSettings,
  TENANT,
  V1,
  V2,
  V3,
  VAULT_ID,
} from "../../support/builders.ts";

const PAST = "2026-10-01T00:00:00.000Z";
const SOON = "2026-11-20T00:00:00.000Z";
const FAR = "2027-11-20T00:00:00.000Z";
const failed = { ...clusterSays("Failed", false), provisioningState: "Failed" };
const unreadable = { state: "unreadable", why: "denied", detail: "403 AuthorizationFailed" } as const;
const deny = aDeny();
const deletedVault = {
  state: "deleted",
  id: VAULT_ID,
  name: "kv-orders",
  resourceGroup: "rg-orders",
  location: "westeurope",
  tags: {},
  deletedOn: PAST,
  scheduledPurgeOn: FAR,
} as const;
const deletedKey: KeyFacts = { state: "deleted", name: "cmk", tags: {}, deletedOn: PAST, scheduledPurgeOn: FAR, versions: [] };
const bypassNone = (over: Partial<ReturnType<typeof aVault>["network"]>) =>
  aVault({ network: { ...aVault().network, bypass: "None", ...over } });
const perimeter = aVault({ network: { ...aVault().network, publicNetworkAccess: "SecuredByPerimeter" } });

type Over = Partial<Facts> & { target?: Partial<TargetFacts> };
type Row = [what: string, over: Over, codes: CauseCode[], phase: Phase];

function seen(make: typeof anAccount, { target, ...over }: Over) {
  const facts = someFacts({ targets: [make(target)], ...over });
  return diagnose(facts, someSettings()).targets[0]!;
}

const codesOf = (diagnosis: ReturnType<typeof seen>): CauseCode[] => diagnosis.findings.map(({ code }) => code);

/** What both kinds of database show. */
const BOTH: Row[] = [
  ["nothing wrong", {}, [], "healthy"],
  ["no customer-managed key any more", { target: { keyUri: null }, vault: null }, [], "healthy"],
  ["a vault in the deleted list", { vault: deletedVault, keys: [], access: [] }, ["VaultDeleted"], "inGrace"],
  [
    "a vault that is nowhere",
    { vault: { state: "gone", id: VAULT_ID, name: "kv-orders" }, keys: [], access: [] },
    ["VaultGone"],
    "inGrace",
  ],
  [
    "a vault that could not be read",
    { vault: { ...unreadable, id: VAULT_ID, name: "kv-orders" }, keys: [], access: [] },
    ["Unreadable"],
    "inGrace",
  ],
  ["a vault that was not read", { vault: null }, ["Unreadable"], "inGrace"],
  ["a key in the deleted list", { keys: [deletedKey] }, ["KeyDeleted"], "inGrace"],
  [
    "a key that is nowhere, whatever else is wrong with access to it",
    { keys: [{ state: "gone", name: "cmk" }], access: [anAccess({ assignments: [] })] },
    ["KeyGone"],
    "inGrace",
  ],
  [
    "a key that was made anew without the version in use",
    { target: { versionInUse: V3 }, keys: [aKey([aVersion(V1)])] },
    ["KeyGone"],
    "inGrace",
  ],
  ["a key that could not be read", { keys: [{ ...unreadable, name: "cmk" }] }, ["Unreadable"], "inGrace"],
  ["a key that was not read", { keys: [] }, ["Unreadable"], "inGrace"],
  ["a key that shows no versions", { keys: [aKey([])] }, ["Unreadable"], "inGrace"],
  ["a key of another type", { keys: [aKey([aVersion(V1, { type: "EC", size: null, operations: ["sign"] })])] }, ["KeyUnfit"], "inGrace"],
  ["a key of another size", { keys: [aKey([aVersion(V1, { size: 1024 })])] }, ["KeyUnfit"], "inGrace"],
  ["a key of an HSM", { keys: [aKey([aVersion(V1, { type: "RSA-HSM", size: null })])] }, [], "healthy"],
  [
    "a new version of another type than the one in use",
    { target: { versionInUse: V1 }, keys: [aKey([aVersion(V2, { type: "EC" }), aVersion(V1)])] },
    ["KeyUnfit"],
    "atRisk",
  ],
  ["a disabled key", { keys: [aKey([aVersion(V1, { enabled: false })])] }, ["KeyDisabled"], "inGrace"],
  [
    "a disabled new version",
    { target: { versionInUse: V1 }, keys: [aKey([aVersion(V2, { enabled: false }), aVersion(V1)])] },
    ["KeyDisabled"],
    "atRisk",
  ],
  [
    "all versions disabled, which is no rotation",
    { target: { versionInUse: V1 }, keys: [aKey([aVersion(V2, { enabled: false }), aVersion(V1, { enabled: false })])] },
    ["KeyDisabled"],
    "inGrace",
  ],
  [
    "the version in use disabled after a rotation",
    { target: { versionInUse: V1 }, keys: [aKey([aVersion(V2), aVersion(V1, { enabled: false })])] },
    ["OldVersionDisabled"],
    "inGrace",
  ],
  [
    "an older version disabled that nobody uses",
    { target: { versionInUse: V2 }, keys: [aKey([aVersion(V2), aVersion(V1, { enabled: false })])] },
    [],
    "healthy",
  ],
  [
    "a version before the newest disabled while the service is well",
    { keys: [aKey([aVersion(V2, { createdOn: NOW }), aVersion(V1, { enabled: false })])] },
    [],
    "healthy",
  ],
  ["a key not valid yet", { keys: [aKey([aVersion(V1, { notBefore: SOON })])] }, ["KeyNotYetValid"], "inGrace"],
  ["a key valid since a while", { keys: [aKey([aVersion(V1, { notBefore: PAST })])] }, [], "healthy"],
  ["an expired key", { keys: [aKey([aVersion(V1, { expiresOn: PAST })])] }, ["KeyExpired"], "inGrace"],
  ["a key that expires this very moment", { keys: [aKey([aVersion(V1, { expiresOn: NOW })])] }, ["KeyExpired"], "inGrace"],
  ["a key that expires soon", { keys: [aKey([aVersion(V1, { expiresOn: SOON })])] }, ["KeyNearExpiry"], "atRisk"],
  ["a key that expires much later", { keys: [aKey([aVersion(V1, { expiresOn: FAR })])] }, [], "healthy"],
  [
    "the version in use expired, the latest soon",
    { target: { versionInUse: V1 }, keys: [aKey([aVersion(V2, { expiresOn: SOON }), aVersion(V1, { expiresOn: PAST })])] },
    ["KeyExpired", "KeyNearExpiry"],
    "inGrace",
  ],
  ["a key that may not wrap", { keys: [aKey([aVersion(V1, { operations: ["sign", "unwrapkey"] })])] }, ["KeyOperationsRemoved"], "inGrace"],
  ["an identity that is gone", { identities: [{ state: "gone", id: IDENTITY_ID }] }, ["IdentityDeleted"], "inGrace"],
  [
    "an identity made again under its old name",
    { identities: [anIdentity("id-orders", "22222222-0000-4000-8000-000000000002")] },
    ["IdentityDeleted"],
    "inGrace",
  ],
  [
    "an identity whose attached principal is not shown yet",
    { target: { attached: [{ id: IDENTITY_ID, principalId: null, clientId: null }] } },
    [],
    "healthy",
  ],
  ["an identity that could not be read", { identities: [{ ...unreadable, id: IDENTITY_ID }] }, ["Unreadable"], "inGrace"],
  ["an identity that was not read", { identities: [] }, ["Unreadable"], "inGrace"],
  ["no default identity", { target: { defaultIdentity: { form: "undefined" } } }, ["DefaultIdentityUndefined"], "inGrace"],
  ["a default identity that is not attached", { target: { attached: [] } }, ["DefaultIdentityUndefined"], "inGrace"],
  ["no role", { access: [anAccess({ assignments: [] })] }, ["AccessMissing"], "inGrace"],
  [
    "a role that only reads",
    { access: [anAccess({ definitions: [aRole(ENCRYPTION_ROLE, ["Microsoft.KeyVault/vaults/keys/read"])] })] },
    ["AccessMissing"],
    "inGrace",
  ],
  [
    "access that could not be read",
    { access: [{ ...unreadable, principalId: PRINCIPAL, keyName: "cmk", keyScope: "" }] },
    ["Unreadable"],
    "inGrace",
  ],
  ["access that was not read", { access: [] }, ["Unreadable"], "inGrace"],
  ["a deny assignment", { access: [anAccess({ denies: [deny] })] }, ["AccessDenied"], "inGrace"],
  [
    "a condition that can't be judged",
    { access: [anAccess({ assignments: [anAssignment({ condition: "@x y z" })] })] },
    ["AccessDenied"],
    "inGrace",
  ],
  ["no policy", { vault: aPolicyVault([]), access: [] }, ["PolicyMissing"], "inGrace"],
  [
    "a policy that only reads",
    { vault: aPolicyVault(["get", "list"]), access: [anAccess({ assignments: [] })] },
    ["PolicyMissing"],
    "inGrace",
  ],
  ["policies of a vault whose roles could not be read", { vault: aPolicyVault(), access: [] }, [], "healthy"],
  [
    "a policy for a group that the principal is known to be in",
    {
      vault: aPolicyVault(["all"], { policies: [{ tenantId: TENANT, objectId: "g", applicationId: null, keys: ["all"] }] }),
      access: [anAccess({ assignments: [anAssignment({ principalId: "g" })] })],
    },
    [],
    "healthy",
  ],
  [
    "grants in policies on a vault that was switched to roles",
    { vault: aPolicyVault(undefined, { permissionModel: "rbac" }), access: [anAccess({ assignments: [] })] },
    ["PermissionModelSwitched"],
    "inGrace",
  ],
  [
    "grants in roles on a vault that was switched to policies",
    { vault: aPolicyVault([]), access: [anAccess()] },
    ["PermissionModelSwitched"],
    "inGrace",
  ],
  [
    "old policies left on a vault that always used roles",
    { vault: aPolicyVault(undefined, { permissionModel: "rbac" }), access: [anAccess({ assignments: [] })], baseline: aBaseline() },
    ["AccessMissing"],
    "inGrace",
  ],
  [
    "a deny assignment on a vault that was switched to roles",
    { vault: aPolicyVault(undefined, { permissionModel: "rbac" }), access: [anAccess({ denies: [deny] })] },
    ["AccessDenied"],
    "inGrace",
  ],
  ["a firewall without bypass", { vault: bypassNone({ defaultAction: "Deny" }) }, ["NetworkBlocked"], "inGrace"],
  ["public access disabled without bypass", { vault: bypassNone({ publicNetworkAccess: "disabled" }) }, ["NetworkBlocked"], "inGrace"],
  ["no bypass, and no firewall either", { vault: bypassNone({ publicNetworkAccess: null }) }, [], "healthy"],
  ["a firewall with bypass", { vault: aVault({ network: { ...aVault().network, defaultAction: "Deny" } }) }, [], "healthy"],
  ["a vault in a perimeter", { vault: perimeter }, ["PerimeterBlocked"], "inGrace"],
  [
    "a vault in a perimeter without bypass",
    { vault: aVault({ network: { ...perimeter.network, bypass: "None", defaultAction: "Deny" } }) },
    ["PerimeterBlocked"],
    "inGrace",
  ],
  ["a vault that has always been in a perimeter", { vault: perimeter, baseline: aBaseline({ network: perimeter.network }) }, [], "healthy"],
  [
    "two causes at once",
    { keys: [aKey([aVersion(V1, { expiresOn: PAST })])], access: [anAccess({ assignments: [] })] },
    ["KeyExpired", "AccessMissing"],
    "inGrace",
  ],
  [
    "a deleted identity and a deleted key",
    { keys: [deletedKey], identities: [{ state: "gone", id: IDENTITY_ID }] },
    ["KeyDeleted", "IdentityDeleted"],
    "inGrace",
  ],
  ["a key URI that ends in a slash", { target: { keyUri: `${KEY_URI}/` } }, ["KeyUriMalformed"], "inGrace"],
  [
    "a key URI of another host",
    { target: { keyUri: "https://example.com/keys/cmk" }, vault: null, keys: [] },
    ["KeyUriMalformed"],
    "inGrace",
  ],
];

/** Where Azure may have granted through groups that it did not resolve. */
const DOUBTS: Row[] = [
  ["no direct grant while the service is well", { access: [anAccess({ viaGroups: false, assignments: [] })] }, ["Unreadable"], "inGrace"],
  [
    "a direct grant that was there before",
    { access: [anAccess({ viaGroups: false, assignments: [] })], baseline: aBaseline() },
    ["AccessMissing"],
    "inGrace",
  ],
  [
    "a group's grant that is gone, and other grants of the principal remain",
    {
      access: [anAccess({ viaGroups: false, assignments: [anAssignment()], definitions: [aRole(ENCRYPTION_ROLE, [])] })],
      baseline: aBaseline(),
    },
    ["Unreadable"],
    "inGrace",
  ],
  ["a role that could not be read while the service is well", { access: [anAccess({ definitions: [] })] }, ["Unreadable"], "inGrace"],
];

describe.each([
  ["account", anAccount],
  ["cluster", aCluster],
] as const)("a diagnosis of a %s", (_kind, make) => {
  test.each([...BOTH, ...DOUBTS])("%s", (_what, over, codes, phase) => {
    const diagnosis = seen(make, over);
    expect(codesOf(diagnosis)).toEqual(codes);
    expect(diagnosis.phase).toBe(phase);
    for (const { evidence } of diagnosis.findings) expect(evidence.facts.join("")).not.toBe("");
  });

  const lost = make === anAccount ? revoked() : inaccessible();

  test.each(BOTH.filter(([, over, codes]) => codes.length > 0 && !("service" in (over.target ?? {}))))(
    "%s, and the service has noticed",
    (_what, over, codes, phase) => {
      const diagnosis = seen(make, { ...over, target: { ...over.target, service: lost } });
      expect(codesOf(diagnosis)).toEqual(expect.arrayContaining(codes));
      // What only lies ahead does not explain a loss.
      const shown = diagnosis.findings.filter(({ code }) => codes.includes(code));
      const aheadOnly = shown.every(({ evidence }) => evidence.effect === "willBreak");
      expect(diagnosis.phase).toBe(aheadOnly ? "recovering" : "revoked");
      expect(codesOf(diagnosis).includes("Revalidating")).toBe(aheadOnly);
      expect(phase).not.toBe("healthy");
    },
  );

  test("a fault of the newest version explains a loss, whatever version was in use", () => {
    const keys = [aKey([aVersion(V2, { enabled: false }), aVersion(V1)])];
    expect(seen(make, { keys, target: { versionInUse: V1 } }).phase).toBe("atRisk");
    expect(seen(make, { keys, target: { versionInUse: V1, service: lost } }).phase).toBe("revoked");
  });

  test("a whole path that the service has not noticed is waited for", () => {
    const diagnosis = seen(make, { target: { service: lost } });
    expect(codesOf(diagnosis)).toEqual(["Revalidating"]);
    expect(diagnosis.phase).toBe("recovering");
    expect(diagnosis.contradictions).toHaveLength(1);
  });

  test("a service that says nothing does not make a broken path whole, nor a whole path broken", () => {
    const silent = make === anAccount ? aStatus({ healthy: null, text: null }) : clusterSays("Updating", null);
    expect(seen(make, { target: { service: silent } }).phase).toBe("healthy");
    expect(seen(make, { target: { service: silent }, access: [anAccess({ assignments: [] })] }).phase).toBe("inGrace");
  });

  test("a word of the service that Keymend does not know is never taken for health", () => {
    const unclear = make === anAccount ? aStatus({ healthy: null, text: "All good, probably" }) : clusterSays("Dreaming", null);
    expect(codesOf(seen(make, { target: { service: unclear } }))).toEqual(["Unreadable"]);
    const broken = seen(make, { target: { service: unclear }, access: [anAccess({ assignments: [] })] });
    expect(codesOf(broken)).toContain("AccessMissing");
    // Beside a path that is broken it is no sign of health.
    expect(broken.phase).toBe("revoked");
    expect(seen(make, { target: { service: unclear } }).phase).toBe("inGrace");
  });

  test("the version before the newest, disabled just after a rotation, explains a loss where the version in use is not told", () => {
    const keys = [aKey([aVersion(V2, { createdOn: "2026-11-02T08:00:00.000Z" }), aVersion(V1, { enabled: false })])];
    expect(codesOf(seen(make, { keys, target: { service: lost } }))).toEqual(["OldVersionDisabled"]);
  });

  test.each([
    ["long after a rotation", "2026-01-01T00:00:00.000Z"],
    ["at a time that is not told", null],
  ])("the version before the newest, disabled %s, explains nothing", (_what, createdOn) => {
    const keys = [aKey([aVersion(V2, { createdOn }), aVersion(V1, { enabled: false })])];
    expect(codesOf(seen(make, { keys, target: { service: lost } }))).toEqual(["Revalidating"]);
  });

  test("operations that were not read matter only where nothing else explains a loss", () => {
    const keys = [aKey([aVersion(V1, { operations: null, type: null, size: null })])];
    expect(codesOf(seen(make, { keys }))).toEqual([]);
    expect(codesOf(seen(make, { keys, target: { service: lost } }))).toEqual(["Unreadable"]);
    expect(codesOf(seen(make, { keys, access: [anAccess({ assignments: [] })], target: { service: lost } }))).toEqual(["AccessMissing"]);
  });

  test("doubts about groups end where the service says that access is lost", () => {
    for (const [, over] of DOUBTS) expect(codesOf(seen(make, { ...over, target: { service: lost } }))).toEqual(["AccessMissing"]);
  });

  test("a healthy word on a broken path is shown as a contradiction", () => {
    expect(seen(make, { access: [anAccess({ assignments: [] })] }).contradictions).toHaveLength(1);
    expect(seen(make, {}).contradictions).toEqual([]);
  });
});

const ACCOUNTS: Row[] = [
  ["a key URI with a version", { target: { keyUri: `${KEY_URI}/${V1}` } }, ["KeyUriMalformed"], "inGrace"],
  ["the system-assigned identity", { target: { defaultIdentity: { form: "system" }, systemPrincipalId: PRINCIPAL } }, [], "healthy"],
  [
    "the system-assigned identity, switched off",
    { target: { defaultIdentity: { form: "system" } } },
    ["DefaultIdentityUndefined"],
    "inGrace",
  ],
  [
    "Azure Cosmos DB's own identity",
    { target: { defaultIdentity: { form: "firstParty" } }, firstPartyPrincipalId: PRINCIPAL },
    [],
    "healthy",
  ],
  [
    "a default identity of an unknown form",
    { target: { defaultIdentity: { form: "unknown", raw: "DelegatedSystemAssignedIdentity" } } },
    ["Unreadable"],
    "inGrace",
  ],
  ["an outbound perimeter of its own", { target: { service: revoked(4016) } }, ["PerimeterBlocked"], "revoked"],
  ["DNS not resolved though the vault is alive", { target: { service: revoked(4009) } }, ["VaultUnreachable"], "revoked"],
  [
    "DNS not resolved and the vault gone",
    { target: { service: revoked(4009) }, vault: { state: "gone", id: null, name: "kv-orders" } },
    ["VaultGone"],
    "revoked",
  ],
  [
    "DNS not resolved and the key disabled",
    { target: { service: revoked(4009) }, keys: [aKey([aVersion(V1, { enabled: false })])] },
    ["KeyDisabled"],
    "revoked",
  ],
  [
    "a restored account that shares its identity with another",
    { targets: [anAccount({ restoredFrom: "src" }), anAccount({ id: `${ACCOUNT_ID}2` })] },
    ["BorrowedIdentity"],
    "atRisk",
  ],
  [
    "a restored account whose lender was deleted",
    {
      target: { restoredFrom: "src" },
      baseline: aBaseline({ defaultIdentities: { [`${ACCOUNT_ID}2`]: `UserAssignedIdentity=${IDENTITY_ID}` } }),
    },
    ["BorrowedIdentity"],
    "atRisk",
  ],
  ["a restored account remembered with its own identity", { target: { restoredFrom: "src" }, baseline: aBaseline() }, [], "healthy"],
  [
    "a restored account that shares with another restored one",
    { targets: [anAccount({ restoredFrom: "src" }), anAccount({ id: `${ACCOUNT_ID}2`, restoredFrom: "src" })] },
    [],
    "healthy",
  ],
  [
    "a restored account with a system identity",
    { target: { restoredFrom: "src", defaultIdentity: { form: "system" }, systemPrincipalId: PRINCIPAL } },
    [],
    "healthy",
  ],
  ["two accounts with one identity, neither restored", { targets: [anAccount(), anAccount({ id: `${ACCOUNT_ID}2` })] }, [], "healthy"],
];

describe("what only accounts show", () => {
  test.each(ACCOUNTS)("%s", (_what, over, codes, phase) => {
    const diagnosis = seen(anAccount, over);
    expect(codesOf(diagnosis)).toEqual(codes);
    expect(diagnosis.phase).toBe(phase);
  });

  test("a status code that no cause found explains is a contradiction", () => {
    const diagnosis = seen(anAccount, { target: { service: revoked(4000) }, access: [anAccess({ assignments: [] })] });
    expect(diagnosis.contradictions).toEqual(["the service says 4000, which none of the causes found explains"]);
    expect(seen(anAccount, { target: { service: revoked(4002) }, access: [anAccess({ assignments: [] })] }).contradictions).toEqual([]);
  });

  test("a revoked account without a code is diagnosed all the same", () => {
    const service = aStatus({ healthy: false, text: "Access to your account is currently revoked" });
    expect(codesOf(seen(anAccount, { target: { service }, access: [anAccess({ assignments: [] })] }))).toEqual(["AccessMissing"]);
    expect(seen(anAccount, { target: { service: aStatus({ healthy: false, text: null }) } }).findings[0]!.evidence.facts[0]).toContain(
      "that access is lost",
    );
  });
});

const pinned = `${KEY_URI}/${V1}`;
const CLUSTERS: Row[] = [
  ["a vault in another region", { vault: aVault({ location: "northeurope" }) }, ["OtherRegion"], "atRisk"],
  [
    "an identity in another region, and the service lost",
    { identities: [anIdentity("id-orders", PRINCIPAL, { location: "North Europe" })], target: { service: inaccessible() } },
    ["OtherRegion"],
    "revoked",
  ],
  ["a version pinned that is the latest", { target: { keyUri: pinned, versionInUse: V1 } }, [], "healthy"],
  [
    "a version pinned though a newer one is enabled",
    { target: { keyUri: pinned, versionInUse: V1 }, keys: [aKey([aVersion(V2), aVersion(V1)])] },
    ["KeyVersionPinned"],
    "atRisk",
  ],
  [
    "a version pinned and the newer one disabled",
    { target: { keyUri: pinned, versionInUse: V1 }, keys: [aKey([aVersion(V2, { enabled: false }), aVersion(V1)])] },
    [],
    "healthy",
  ],
  [
    "a version pinned that expires, whatever the newest does",
    { target: { keyUri: pinned, versionInUse: V1 }, keys: [aKey([aVersion(V2, { expiresOn: SOON }), aVersion(V1)])] },
    ["KeyVersionPinned"],
    "atRisk",
  ],
  [
    "a version pinned and disabled after a rotation",
    { target: { keyUri: pinned, versionInUse: V1 }, keys: [aKey([aVersion(V2), aVersion(V1, { enabled: false })])] },
    ["OldVersionDisabled", "KeyVersionPinned"],
    "inGrace",
  ],
  ["a version pinned that does not exist", { target: { keyUri: `${KEY_URI}/${V3}`, versionInUse: V3 } }, ["KeyGone"], "inGrace"],
  ["a version pinned of a deleted key", { target: { keyUri: pinned, versionInUse: V1 }, keys: [deletedKey] }, ["KeyDeleted"], "inGrace"],
  [
    "a cluster that failed to provision",
    {
      target: { service: failed },
      access: [anAccess({ assignments: [] })],
      vault: aVault({ purgeProtection: false }),
    },
    ["ProvisioningFailed"],
    "revoked",
  ],
  [
    "a cluster that failed before it had a status",
    { target: { service: { ...clusterSays(null, null), provisioningState: "Failed" } } },
    ["ProvisioningFailed"],
    "inGrace",
  ],
  [
    "a running cluster whose last update failed",
    { target: { service: { ...clusterSays("Ready", true), provisioningState: "Failed" } } },
    [],
    "healthy",
  ],
  [
    "a cluster that came up, lost its key and says Failed",
    { target: { service: clusterSays("Failed", false) }, access: [anAccess({ assignments: [] })] },
    ["AccessMissing"],
    "revoked",
  ],
  [
    "a cluster known from a better day that says Failed",
    { target: { service: failed }, access: [anAccess({ assignments: [] })], baseline: aBaseline() },
    ["AccessMissing"],
    "revoked",
  ],
  ["a policy without list", { vault: aPolicyVault(["get", "wrapKey", "unwrapKey"]) }, ["PermissionModelSwitched"], "inGrace"],
];

describe("what only clusters show", () => {
  test.each(CLUSTERS)("%s", (_what, over, codes, phase) => {
    const diagnosis = seen(aCluster, over);
    expect(codesOf(diagnosis)).toEqual(codes);
    expect(diagnosis.phase).toBe(phase);
  });

  test("a failed cluster is told every requirement that is not met", () => {
    const over = {
      target: { service: failed },
      access: [anAccess({ assignments: [] })],
      vault: aVault({ purgeProtection: false }),
    };
    const { facts } = seen(aCluster, over).findings[0]!.evidence;
    expect(facts.some((text) => text.startsWith("AccessMissing:"))).toBe(true);
    expect(facts.at(-1)).toContain("no purge protection");
    const [, all] = seen(aCluster, { target: over.target }).findings[0]!.evidence.facts;
    expect(all).toBe("every requirement that Keymend can check is met now");
  });
});

describe("a diagnosis", () => {
  test("covers databases that could not be read, and those that the inventory lists though they are gone", () => {
    const facts = someFacts({
      targets: [],
      missing: [
        { ...unreadable, kind: "account", id: ACCOUNT_ID },
        { state: "gone", kind: "cluster", id: CLUSTER_ID },
      ],
    });
    expect(diagnose(facts, someSettings()).targets).toEqual([
      {
        id: ACCOUNT_ID,
        kind: "account",
        phase: "inGrace",
        service: { verdict: "silent", says: null },
        contradictions: [],
        findings: [
          {
            code: "Unreadable",
            evidence: { effect: "unknown", facts: [`${ACCOUNT_ID} could not be read: 403 AuthorizationFailed`], values: {} },
          },
        ],
      },
      {
        id: CLUSTER_ID,
        kind: "cluster",
        phase: "inGrace",
        service: { verdict: "silent", says: null },
        contradictions: [],
        findings: [
          {
            code: "Unreadable",
            evidence: {
              effect: "unknown",
              facts: [`${CLUSTER_ID} is not there, says Azure Resource Manager, and the inventory goes on listing it`],
              values: {},
            },
          },
        ],
      },
    ]);
  });

  test("names when a key breaks, the earliest of those in use", () => {
    const keys = [aKey([aVersion(V2, { expiresOn: SOON }), aVersion(V1, { expiresOn: "2026-11-10T00:00:00.000Z" })])];
    expect(seen(anAccount, { keys, target: { versionInUse: V1 } }).findings[0]!.evidence.breaksAt).toBe("2026-11-10T00:00:00.000Z");
  });

  test("names the identity, or the principal that has no identity of its own, that lacks access", () => {
    expect(seen(anAccount, { access: [anAccess({ assignments: [] })] }).findings[0]!.evidence.facts[0]).toBe(
      `id-orders (principal ${PRINCIPAL}) can't read, wrap, unwrap with key cmk: no role assignment grants it`,
    );
    const system = seen(anAccount, {
      target: { defaultIdentity: { form: "system" }, systemPrincipalId: PRINCIPAL },
      access: [anAccess({ assignments: [] })],
    });
    expect(system.findings[0]!.evidence.facts[0]).toContain(`${PRINCIPAL} can't read`);
  });

  test("says where times of a deletion are not told", () => {
    const untold = { deletedOn: null, scheduledPurgeOn: null };
    expect(seen(anAccount, { keys: [{ ...deletedKey, ...untold }] }).findings[0]!.evidence.facts[0]).toContain("an unknown time");
    expect(seen(anAccount, { vault: { ...deletedVault, ...untold }, keys: [] }).findings[0]!.evidence.facts[0]).toContain(
      "an unknown time",
    );
  });

  test("takes ids and names in any casing", () => {
    const facts = {
      target: {
        keyUri: "https://KV-orders.vault.azure.net/keys/CMK",
        defaultIdentity: { form: "user", id: IDENTITY_ID.toUpperCase(), federatedClientId: null } as const,
      },
      access: [anAccess({ principalId: PRINCIPAL.toUpperCase() })],
    };
    expect(seen(anAccount, facts).phase).toBe("healthy");
    expect(identityIdOf("x")).toContain("/x");
  });
});

describe("a database that does not tell its tenant", () => {
  test("is taken to be in the vault's", () => {
    expect(seen(anAccount, { target: { tenantId: null } }).phase).toBe("healthy");
  });
});

/** An advice is shown as it is: what a person runs from it first only looks. */
const LOOKS = /^(# .+|az (?:[a-z][a-z-]* )+(?:show|list|list-deleted|list-versions)(?: --.*)?|az rest --method get .*|nslookup \S+)$/;

describe("what is advised", () => {
  const played = (rows: readonly Row[], make: typeof anAccount) =>
    rows.flatMap(([, { target, ...over }]) => {
      const facts = someFacts({ targets: [make(target)], ...over });
      return plan(facts, diagnose(facts, someSettings()), someSettings()).blocks;
    });
  const blocks = [...played([...BOTH, ...DOUBTS, ...ACCOUNTS], anAccount), ...played([...BOTH, ...DOUBTS, ...CLUSTERS], aCluster)];

  test("is there for every block, and only looks", () => {
    const shown = new Set(blocks.map(({ cause }) => cause));
    // These take the service's word or a baseline beside the facts: test/domain/mending/advice.test.ts has their rows.
    const elsewhere: CauseCode[] = ["ManagedHsm", "OtherTenant", "Revalidating"];
    expect(
      causes.flatMap(({ code, advice }) => (advice && !shown.has(code) ? [code] : [])).filter((code) => !elsewhere.includes(code)),
    ).toEqual([]);
    for (const { cause, reason, advice } of blocks) {
      expect(advice[0]).toBe(`# ${cause}: ${reason}`);
      expect(advice.filter((line) => !LOOKS.test(line))).toEqual([]);
    }
  });
});

describe("the registry", () => {
  test("has every cause once, with a source and a default that fits what it can do", () => {
    expect(new Set(causes.map(({ code }) => code)).size).toBe(causes.length);
    for (const { code, source, title, kinds } of causes) {
      expect(causeOf(code).code).toBe(code);
      expect(source).toMatch(/Microsoft Learn|recorded/);
      expect(title).not.toBe("");
      expect(kinds.length).toBeGreaterThan(0);
    }
  });

  test("has no cause that no table here knows", () => {
    // These take a baseline or the service's word beside the facts: each has tests of its own above or in its file's.
    const elsewhere: CauseCode[] = ["DefaultIdentityChanged", "ManagedHsm", "OtherTenant", "Revalidating"];
    const known = new Set([...BOTH, ...DOUBTS, ...ACCOUNTS, ...CLUSTERS].flatMap(([, , codes]) => codes).concat(elsewhere));
    expect(
      causes.map(({ code }) => code).filter((code) => !known.has(code)),
      "its rows are lacking above",
    ).toEqual([]);
  });

  test("knows of every operation that is heard of what it can have made", () => {
    const made = [...new Set(causes.flatMap(({ madeBy }) => madeBy))];
    expect([...made, ...ONLY_MENDS].toSorted()).toEqual([...Object.keys(OPERATIONS), ...LOG_OPERATIONS].toSorted());
  });
});
