/** Facts for properties: what is well in every respect, and every way to break it that the sandbox knows, alone and together. */
import fc from "fast-check";
import type { Facts, KeyFacts, KeyVersionFacts, LiveVault, TargetFacts } from "../../../src/domain/facts.ts";
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
  aSubscription,
  aVault,
  aVersion,
  ENCRYPTION_ROLE,
  IDENTITY_ID,
  KEY_URI,
  someFacts,
  V1,
  V2,
  V3,
  VAULT_ID,
} from "../../support/builders.ts";
import { type Graveyard, type ReadAccess, serviceChecks } from "./apply.ts";

const RECREATED = "55555555-0000-4000-8000-000000000005";

/** Well in every respect: both kinds, both permission models, one version or two, the version in use told or not, pinned to one of them or not. */
export const healthy = fc
  .record({
    model: fc.constantFrom<LiveVault["permissionModel"]>("rbac", "policies"),
    isRotated: fc.boolean(),
    isTold: fc.boolean(),
    pinned: fc.constantFrom("no", "latest", "old"),
    isRemembered: fc.boolean(),
    expiresOn: fc.constantFrom(null, "2028-01-01T00:00:00.000Z"),
  })
  .map(({ model, isRotated, isTold, pinned, isRemembered, expiresOn }): Facts => {
    const old = aVersion(V1, { expiresOn });
    const latest = isRotated ? V2 : V1;
    // Pinned to the old one, with a newer one, a cluster is at risk: that is a break of its own.
    const named = pinned === "old" && !isRotated ? V1 : latest;
    const cluster = pinned === "no" ? {} : { keyUri: `${KEY_URI}/${named}`, versionInUse: named };
    return someFacts({
      vault: model === "rbac" ? aVault() : aPolicyVault(),
      keys: [aKey(isRotated ? [aVersion(V2, { expiresOn, createdOn: "2026-06-01T00:00:00.000Z" }), old] : [old])],
      access: [anAccess(model === "rbac" ? {} : { assignments: [], definitions: [] })],
      targets: [anAccount({ versionInUse: isTold ? latest : null }), aCluster(cluster)],
      eventSubscriptions: [aSubscription()],
      baseline: isRemembered
        ? aBaseline({
            permissionModel: model,
            eventSubscriptions: [aSubscription()],
            assignments: model === "rbac" ? aBaseline().assignments : [],
          })
        : null,
    });
  });

export type Break = (facts: Facts) => Facts;
const onVersions =
  (change: Partial<KeyVersionFacts>, which: (index: number) => boolean = () => true): Break =>
  (facts) => ({
    ...facts,
    keys: facts.keys.map((key) =>
      key.state === "live"
        ? { ...key, versions: key.versions.map((version, index) => (which(index) ? { ...version, ...change } : version)) }
        : key,
    ),
  });
const onVault =
  (change: (vault: LiveVault) => Partial<LiveVault>): Break =>
  (facts) =>
    facts.vault?.state === "live" ? { ...facts, vault: { ...facts.vault, ...change(facts.vault) } } : facts;
export const onAccounts =
  (change: (target: TargetFacts) => Partial<TargetFacts>): Break =>
  (facts) => ({
    ...facts,
    targets: facts.targets.map((target) => (target.kind === "account" ? { ...target, ...change(target) } : target)),
  });

const OWN_ROLE = `${ENCRYPTION_ROLE.slice(0, ENCRYPTION_ROLE.lastIndexOf("/"))}/99999999-0000-4000-8000-000000000009`;
const onGrants =
  (change: (access: ReadAccess) => Partial<ReadAccess>): Break =>
  (facts) => ({
    ...facts,
    access: facts.access.map((one) => (one.state === "read" && one.assignments.length > 0 ? { ...one, ...change(one) } : one)),
  });

const deleteKey: Break = (facts) => ({
  ...facts,
  keys: facts.keys.map((key): KeyFacts => ({
    state: "deleted",
    name: key.name,
    tags: {},
    deletedOn: null,
    scheduledPurgeOn: null,
    versions: [],
  })),
});
const deleteVault: Break = (facts) => ({
  ...facts,
  vault: {
    state: "deleted",
    id: VAULT_ID,
    name: "kv-orders",
    resourceGroup: "rg-orders",
    location: "westeurope",
    tags: {},
    deletedOn: null,
    scheduledPurgeOn: null,
  },
  keys: [],
  access: [],
  eventSubscriptions: [],
});

export const BREAKS: Record<string, Break> = {
  expire: onVersions({ expiresOn: "2026-10-01T00:00:00.000Z" }),
  expireSoon: onVersions({ expiresOn: "2026-11-10T00:00:00.000Z" }),
  notYet: onVersions({ notBefore: "2026-12-01T00:00:00.000Z" }),
  disable: onVersions({ enabled: false }, (index) => index === 0),
  disableOld: onVersions({ enabled: false }, (index) => index > 0),
  removeOperations: onVersions({ operations: ["sign"] }),
  removeOperationsOfLatest: onVersions({ operations: ["sign"] }, (index) => index === 0),
  makeUnfit: onVersions({ type: "EC" }),
  makeLatestUnfit: onVersions({ type: "EC" }, (index) => index === 0),
  // Only for an application on behalf of the identity: no use to the identity itself.
  compound: onVault(({ policies }) => ({ policies: policies.map((policy) => ({ ...policy, applicationId: "app", keys: ["all"] })) })),
  rotate: (facts) => ({
    ...facts,
    keys: facts.keys.map((key) => (key.state === "live" ? { ...key, versions: [aVersion(V3), ...key.versions] } : key)),
  }),
  removeGrant: (facts) => ({
    ...onVault(() => ({ policies: [] }))(facts),
    access: facts.access.map((one) => (one.state === "read" ? { ...one, assignments: [] } : one)),
  }),
  // A role of somebody's own in the place of the one that was granted: it may do everything with keys but wrap.
  leaveOutWrap: onGrants(() => ({
    assignments: [anAssignment({ name: "bbbbbbbb-0000-4000-8000-000000000002", roleDefinitionId: OWN_ROLE })],
    definitions: [aRole(OWN_ROLE, ["Microsoft.KeyVault/vaults/keys/*"], ["Microsoft.KeyVault/vaults/keys/wrap/action"])],
  })),
  bindToCondition: onGrants(({ assignments }) => ({
    assignments: assignments.map((one) => ({ ...one, condition: "@Resource[x] StringEquals 'y'", conditionVersion: "2.0" })),
  })),
  deny: (facts) => ({
    ...facts,
    access: facts.access.map((one) => ({
      ...anAccess(),
      ...one,
      denies: [aDeny()],
    })),
  }),
  switchModel: onVault(({ permissionModel }) => ({ permissionModel: permissionModel === "rbac" ? "policies" : "rbac" })),
  closeFirewall: onVault(({ network }) => ({ network: { ...network, defaultAction: "Deny", bypass: "None" } })),
  perimeter: onVault(({ network }) => ({ network: { ...network, publicNetworkAccess: "SecuredByPerimeter" } })),
  deleteIdentity: (facts) => ({ ...facts, identities: [{ state: "gone", id: IDENTITY_ID }] }),
  recreateIdentity: (facts) => ({
    ...facts,
    identities: [anIdentity("id-orders", RECREATED)],
    access: [...facts.access, anAccess({ principalId: RECREATED, assignments: [], definitions: [] })],
  }),
  detach: onAccounts(() => ({ attached: [], defaultIdentity: { form: "undefined" } })),
  undefine: onAccounts(() => ({ defaultIdentity: { form: "undefined" } })),
  malform: onAccounts(({ keyUri }) => ({ keyUri: `${keyUri}/` })),
  restore: (facts) => ({
    ...facts,
    targets: [...facts.targets, anAccount({ id: `${ACCOUNT_ID}-r`, name: "orders-r", restoredFrom: "src" })],
  }),
  deleteKey,
  purgeKey: (facts) => ({ ...facts, keys: [{ state: "gone", name: "cmk" }] }),
  deleteVault,
  purgeVault: (facts) => ({ ...deleteVault(facts), vault: { state: "gone", id: VAULT_ID, name: "kv-orders" } }),
  loseSubscription: (facts) => ({ ...facts, eventSubscriptions: [] }),
};

/** Broken in up to four ways, in any order; the service has noticed or not. What was deleted comes back as it was before. */
const breaksOf = (names: readonly string[]) => fc.shuffledSubarray([...names], { minLength: 1, maxLength: Math.min(4, names.length) });
export const brokenBy = (names: readonly string[]) =>
  fc.record({ facts: healthy, breaks: breaksOf(names), hasNoticed: fc.boolean() }).map(({ facts, breaks, hasNoticed }) => {
    // Deleting goes last: what else was broken comes back broken.
    const ordered = breaks.toSorted(
      (a, b) => Number(/deleteKey|purge|deleteVault/.test(a)) - Number(/deleteKey|purge|deleteVault/.test(b)),
    );
    let now = facts;
    const graveyard: Graveyard = { vault: aVault(), keys: now.keys, access: now.access, deletedKey: now.keys[0]! };
    for (const name of ordered) {
      if (name === "deleteKey" && now.keys[0]?.state === "live") graveyard.deletedKey = now.keys[0];
      if (name === "deleteVault" && now.vault?.state === "live")
        Object.assign(graveyard, { vault: now.vault, keys: now.keys, access: now.access });
      now = BREAKS[name]!(now);
    }
    return { facts: hasNoticed ? serviceChecks(now) : now, graveyard, breaks };
  });
export const broken = brokenBy(Object.keys(BREAKS));

/** What Keymend can mend by itself or with an approval, in any combination. */
export const MENDABLE = Object.keys(BREAKS).filter((name) => !/deny|bindToCondition|[uU]nfit|perimeter|purge/.test(name));
