import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { causeOf, causes } from "../../src/domain/causes/index.ts";
import { diagnose } from "../../src/domain/diagnose.ts";
import type { Facts, KeyFacts, KeyVersionFacts, LiveVault, TargetFacts } from "../../src/domain/facts.ts";
import { rankOf } from "../../src/domain/legal-moves.ts";
import { plan } from "../../src/domain/plan.ts";
import { precondition } from "../../src/domain/steps/index.ts";
import type { Plan, Step } from "../../src/domain/steps/step.ts";
import { MINUTE, toIso, toMs } from "../../src/domain/time.ts";
import {
  ACCOUNT_ID,
  aBaseline,
  aCluster,
  aKey,
  anAccess,
  anAccount,
  anIdentity,
  aPolicyVault,
  aVault,
  aVersion,
  IDENTITY_ID,
  KEY_URI,
  PRINCIPAL,
  someFacts,
  someSettings,
  V1,
  V2,
  V3,
  VAULT_ID,
} from "../support/builders.ts";
import { apply, type Graveyard, serviceCan, serviceChecks } from "./apply.ts";

const settings = someSettings();
const RECREATED = "55555555-0000-4000-8000-000000000005";
const subscription = {
  id: "t/es",
  name: "keymend",
  topicId: `${VAULT_ID}-topic`,
  topicName: "t",
  topicLocation: "westeurope",
  properties: {},
};

/** Well in every respect: both kinds, both permission models, one version or two, the version in use told or not, pinned or not. */
const healthy = fc
  .record({
    model: fc.constantFrom<LiveVault["permissionModel"]>("rbac", "policies"),
    isRotated: fc.boolean(),
    isTold: fc.boolean(),
    isPinned: fc.boolean(),
    isRemembered: fc.boolean(),
    expiresOn: fc.constantFrom(null, "2028-01-01T00:00:00.000Z"),
  })
  .map(({ model, isRotated, isTold, isPinned, isRemembered, expiresOn }): Facts => {
    const old = aVersion(V1, { expiresOn });
    const latest = isRotated ? V2 : V1;
    const cluster = isPinned ? { keyUri: `${KEY_URI}/${latest}`, versionInUse: latest } : {};
    return someFacts({
      vault: model === "rbac" ? aVault() : aPolicyVault(),
      keys: [aKey(isRotated ? [aVersion(V2, { expiresOn, createdOn: "2026-06-01T00:00:00.000Z" }), old] : [old])],
      access: [anAccess(model === "rbac" ? {} : { assignments: [], definitions: [] })],
      targets: [anAccount({ versionInUse: isTold ? latest : null }), aCluster(cluster)],
      eventSubscriptions: [subscription],
      baseline: isRemembered
        ? aBaseline({
            permissionModel: model,
            eventSubscriptions: [subscription],
            assignments: model === "rbac" ? aBaseline().assignments : [],
          })
        : null,
    });
  });

type Break = (facts: Facts) => Facts;
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
const onAccounts =
  (change: (target: TargetFacts) => Partial<TargetFacts>): Break =>
  (facts) => ({
    ...facts,
    targets: facts.targets.map((target) => (target.kind === "account" ? { ...target, ...change(target) } : target)),
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

const BREAKS: Record<string, Break> = {
  expire: onVersions({ expiresOn: "2026-10-01T00:00:00.000Z" }),
  expireSoon: onVersions({ expiresOn: "2026-11-10T00:00:00.000Z" }),
  notYet: onVersions({ notBefore: "2026-12-01T00:00:00.000Z" }),
  disable: onVersions({ enabled: false }, (index) => index === 0),
  disableOld: onVersions({ enabled: false }, (index) => index > 0),
  removeOperations: onVersions({ operations: ["sign"] }),
  makeUnfit: onVersions({ type: "EC" }),
  rotate: (facts) => ({
    ...facts,
    keys: facts.keys.map((key) => (key.state === "live" ? { ...key, versions: [aVersion(V3), ...key.versions] } : key)),
  }),
  removeGrant: (facts) => ({
    ...onVault(() => ({ policies: [] }))(facts),
    access: facts.access.map((one) => (one.state === "read" ? { ...one, assignments: [] } : one)),
  }),
  deny: (facts) => ({
    ...facts,
    access: facts.access.map((one) => ({
      ...anAccess(),
      ...one,
      denies: [
        {
          id: "d",
          name: "d",
          scope: VAULT_ID,
          permissions: [{ actions: [], notActions: [], dataActions: ["*"], notDataActions: [] }],
          principals: [{ id: PRINCIPAL, type: "ServicePrincipal" }],
          excludePrincipals: [],
          doesNotApplyToChildScopes: false,
          condition: null,
        },
      ],
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

/** Broken in up to three ways; the service has noticed or not. What was deleted comes back as it was before. */
const broken = fc
  .record({ facts: healthy, breaks: fc.subarray(Object.keys(BREAKS), { minLength: 1, maxLength: 3 }), hasNoticed: fc.boolean() })
  .map(({ facts, breaks, hasNoticed }) => {
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

const planOf = (facts: Facts): Plan => plan(facts, diagnose(facts, settings), settings);
const later = (facts: Facts, minutes: number): Facts => ({ ...facts, at: toIso(toMs(facts.at) + minutes * MINUTE) });

/** Every step that is ready, one after the other, each rechecked; then time passes and the service looks; until nothing moves. */
function heal(
  start: Facts,
  graveyard: Graveyard,
  onPlan: (steps: Plan, facts: Facts) => void = () => {},
): { facts: Facts; applied: Step[] } {
  let facts = start;
  const applied: Step[] = [];
  for (let idle = 0; idle < 2; idle += 1) {
    const found = planOf(facts);
    onPlan(found, facts);
    for (const step of found.steps.filter(({ ready }) => ready)) {
      if (precondition(step, facts) !== "todo") continue;
      facts = apply(facts, step, graveyard);
      applied.push(step);
      idle = -1;
    }
    // More steps than this, and something is done and undone in turns.
    if (applied.length > 40) throw new Error(`never ends: ${applied.map(({ name }) => name).join(", ")}`);
    facts = serviceChecks(later(facts, 15));
  }
  return { facts, applied };
}

const ENCRYPTION_USER = "e147488a-f6f5-4113-8e2d-b22465e65bf6";

/** own: principals of the databases' identities. */
function isModest(step: Step, own: ReadonlySet<string>): boolean {
  const { principalId } = { principalId: undefined, ...step.params };
  const isKnown = principalId === undefined || own.has(String(principalId));
  if (step.name === "AddAccessPolicyPermissions")
    return isKnown && step.params.keys.every((key) => ["get", "list", "wrapKey", "unwrapKey"].includes(key));
  if (step.name !== "GrantKeyRole" && step.name !== "RestoreRoleAssignment") return isKnown;
  return isKnown && step.params.roleDefinitionId.endsWith(ENCRYPTION_USER) && step.params.scope.startsWith(VAULT_ID);
}

describe("what a cause declares", () => {
  test.each(causes)("$code names its steps in the order in which they are made, or a default of none", ({ steps, default: ask }) => {
    expect(steps).toEqual(steps.toSorted((a, b) => rankOf(a) - rankOf(b)));
    expect(steps.length === 0).toBe(ask === "none");
  });
});

describe("healing", () => {
  test("plans nothing for facts that are well", () => {
    fc.assert(
      fc.property(healthy, (facts) => {
        expect(diagnose(facts, settings).targets.map(({ phase }) => phase)).toEqual(["healthy", "healthy"]);
        expect(planOf(facts)).toEqual({ steps: [], blocks: [] });
      }),
    );
  });

  test("ends with every database well, or with a reason why a person is needed", () => {
    fc.assert(
      fc.property(broken, ({ facts: start, graveyard }) => {
        const { facts } = heal(start, graveyard);
        const { blocks } = planOf(facts);
        const isSaid = (id: string): boolean => blocks.some(({ kind, targetIds }) => kind !== "wait" && targetIds.includes(id));
        const unexplained = diagnose(facts, settings).targets.filter(({ id, findings }) => findings.length > 0 && !isSaid(id));
        expect(unexplained).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("never takes a database for well that the service could not serve", () => {
    fc.assert(
      fc.property(broken, ({ facts, graveyard }) => {
        heal(facts, graveyard, (_plan, now) => {
          const well = diagnose(now, settings).targets.filter(({ phase }) => phase === "healthy" || phase === "atRisk");
          for (const { id } of well)
            expect(
              serviceCan(
                now,
                now.targets.find((one) => one.id === id)!,
              ),
            ).toBe(true);
        });
      }),
      { numRuns: 200 },
    );
  });

  test("applies a step twice as if once, and knows afterwards that it is done", () => {
    fc.assert(
      fc.property(broken, ({ facts: start, graveyard }) => {
        heal(start, graveyard, ({ steps }, facts) => {
          for (const step of steps.filter(({ ready }) => ready)) {
            const once = apply(facts, step, graveyard);
            expect(apply(once, step, graveyard)).toEqual(once);
            expect(precondition(step, once)).toBe("done");
          }
        });
      }),
    );
  });

  test("makes plans whose ready steps hold on the facts they rest on, in a legal order, each serving somebody", () => {
    fc.assert(
      fc.property(broken, ({ facts: start, graveyard }) => {
        heal(start, graveyard, ({ steps }, facts) => {
          expect(steps.map(({ name }) => rankOf(name))).toEqual(steps.map(({ name }) => rankOf(name)).toSorted((a, b) => a - b));
          expect(new Set(steps.map(({ id }) => id)).size).toBe(steps.length);
          for (const step of steps) {
            expect(precondition(step, facts) === "todo").toBe(step.ready);
            expect(step.targetIds.length).toBeGreaterThan(0);
          }
        });
      }),
    );
  });

  test("plans for a cause only the steps that the cause declares", () => {
    fc.assert(
      fc.property(broken, ({ facts: start, graveyard }) => {
        heal(start, graveyard, ({ steps }) => {
          const undeclared = steps.filter(({ name, causes: asking }) => asking.some((code) => !causeOf(code).steps.includes(name)));
          expect(undeclared).toEqual([]);
        });
      }),
    );
  });

  test("never grants more than reading, listing, wrapping and unwrapping, nor above the vault, nor to strangers", () => {
    fc.assert(
      fc.property(broken, ({ facts: start, graveyard }) => {
        const { facts, applied } = heal(start, graveyard);
        const own = new Set(facts.identities.flatMap((identity) => (identity.state === "live" ? [identity.principalId] : [])));
        expect(applied.filter((step) => !isModest(step, own))).toEqual([]);
      }),
    );
  });

  test("never plans to write where something needed could not be read", () => {
    fc.assert(
      fc.property(healthy, fc.constantFrom("vault", "key", "identity", "access"), (facts, what) => {
        const unread = { state: "unreadable", why: "denied", detail: "403" } as const;
        const blind: Facts = {
          ...facts,
          ...(what === "vault" && { vault: { ...unread, id: VAULT_ID, name: "kv-orders" }, keys: [], access: [] }),
          ...(what === "key" && { keys: [{ ...unread, name: "cmk" }] }),
          ...(what === "identity" && { identities: [{ ...unread, id: IDENTITY_ID }] }),
          ...(what === "access" && {
            vault: aVault(),
            access: facts.access.map(({ principalId, keyName, keyScope }) => ({ ...unread, principalId, keyName, keyScope })),
          }),
        };
        expect(planOf(blind).steps).toEqual([]);
        expect(diagnose(blind, settings).targets.every(({ phase }) => phase !== "healthy")).toBe(true);
      }),
    );
  });
});

describe("before a step", () => {
  const unread = { state: "unreadable", why: "denied", detail: "403" } as const;
  const forget: Break = (facts) => ({
    ...facts,
    vault: null,
    keys: [],
    targets: [],
    identities: facts.identities.map(({ id }) => ({ ...unread, id })),
  });

  test("facts that have gone missing stop it", () => {
    fc.assert(
      fc.property(broken, ({ facts, graveyard }) => {
        heal(facts, graveyard, ({ steps }, now) => {
          // A new identity needs nothing but a free name.
          const resting = steps.filter(({ ready, name }) => ready && name !== "CreateIdentity");
          for (const step of resting) expect(precondition(step, forget(now))).not.toBe("todo");
        });
      }),
    );
  });

  test("the same change made by somebody else makes it done, not repeated", () => {
    fc.assert(
      fc.property(broken, ({ facts, graveyard }) => {
        heal(facts, graveyard, ({ steps }, now) => {
          const ready = steps.filter((step) => step.ready);
          const byOthers = ready.reduce((before, step) => apply(before, step, graveyard), now);
          for (const step of ready) expect(precondition(step, byOthers)).not.toBe("todo");
        });
      }),
    );
  });
});
