import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { causeOf, causes } from "../../../src/domain/causes/index.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import type { Facts, TargetFacts } from "../../../src/domain/facts.ts";
import { plan } from "../../../src/domain/plan/plan.ts";
import { judgeStep } from "../../../src/domain/turn/policy.ts";
import { precondition, rankOf, rankOfDraft } from "../../../src/domain/steps/index.ts";
import type { Plan } from "../../../src/domain/plan.ts";
import type { Step } from "../../../src/domain/steps/step.ts";
import { MINUTE, toIso, toMs } from "../../../src/domain/time.ts";
import { aVault, IDENTITY_ID, KEY_SCOPE, someSettings, VAULT_ID } from "../../support/builders.ts";
import { apply, type Graveyard, serviceCan, serviceChecks } from "./apply.ts";
import { type Break, broken, brokenBy, healthy, MENDABLE, onAccounts } from "./breaks.ts";

const settings = someSettings();
const planOf = (facts: Facts): Plan => plan(facts, diagnose(facts, settings), settings);
const later = (facts: Facts, minutes: number): Facts => ({ ...facts, at: toIso(toMs(facts.at) + minutes * MINUTE) });

type Applied = { step: Step; before: Facts };

/** Every step that is ready and may be taken, one after the other, each rechecked; then time passes and the service looks; until nothing moves. */
function heal(
  start: Facts,
  graveyard: Graveyard,
  onPlan: (steps: Plan, facts: Facts) => void = () => {},
  mayTake: (step: Step, facts: Facts) => boolean = () => true,
): { facts: Facts; applied: Applied[] } {
  let facts = start;
  const applied: Applied[] = [];
  for (let idle = 0; idle < 2; idle += 1) {
    const found = planOf(facts);
    onPlan(found, facts);
    for (const step of found.steps.filter(({ ready }) => ready)) {
      if (precondition(step, facts) !== "todo" || !mayTake(step, facts)) continue;
      applied.push({ step, before: facts });
      facts = apply(facts, step, graveyard);
      idle = -1;
    }
    // More steps than this, and something is done and undone in turns.
    if (applied.length > 40) throw new Error(`never ends: ${applied.map(({ step }) => step.name).join(", ")}`);
    facts = serviceChecks(later(facts, 15));
  }
  return { facts, applied };
}

const ENCRYPTION_USER = "e147488a-f6f5-4113-8e2d-b22465e65bf6";

/** A policy gets only what a database that it serves needs and does not have: listing for clusters alone. */
function isModestPolicy({ params, targetIds }: Step & { name: "AddAccessPolicyPermissions" }, { vault, targets }: Facts): boolean {
  const served = targets.filter(({ id }) => targetIds.includes(id));
  const needed = ["get", "wrapKey", "unwrapKey", ...(served.some(({ kind }) => kind === "cluster") ? ["list"] : [])];
  const policies = vault?.state === "live" ? vault.policies : [];
  const has = policies
    .filter(({ objectId, applicationId }) => objectId === params.principalId && applicationId === null)
    .flatMap(({ keys }) => keys);
  return params.keys.every((key) => needed.includes(key) && !has.includes(key));
}

const operationsOf = (facts: Facts, version: string): string[] =>
  facts.keys
    .flatMap((key) => (key.state === "live" ? key.versions.filter((one) => one.version === version) : []))
    .flatMap(({ operations }) => operations ?? []);

/** own: principals of the databases' identities. */
function isModest({ step, before }: Applied, own: ReadonlySet<string>): boolean {
  const { principalId } = { principalId: undefined, ...step.params };
  if (principalId !== undefined && !own.has(String(principalId))) return false;
  if (step.name === "AddAccessPolicyPermissions") return isModestPolicy(step, before);
  if (step.name === "GrantKeyRole") return step.params.roleDefinitionId.endsWith(ENCRYPTION_USER) && step.params.scope === KEY_SCOPE;
  if (step.name === "RestoreRoleAssignment") {
    const { name, scope, roleDefinitionId } = step.params;
    return before.baseline!.assignments.some(
      (one) =>
        one.name === name &&
        one.scope === scope &&
        one.principalId === step.params.principalId &&
        one.roleDefinitionId === roleDefinitionId,
    );
  }
  if (step.name !== "RestoreKeyOperations") return true;
  const allowed = new Set([...operationsOf(before, step.params.version), "wrapKey", "unwrapKey"]);
  return step.params.operations.every((operation) => allowed.has(operation));
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

  test.each(MENDABLE)("mends %s by itself: something is done, and every database is well", (name) => {
    fc.assert(
      fc.property(brokenBy([name]), ({ facts: start, graveyard }) => {
        const wasWell = diagnose(start, settings).targets.every(({ findings }) => findings.length === 0);
        // Without a memory of which identity it was, or of what was subscribed, a person has to say.
        fc.pre(start.baseline !== null || !["detach", "loseSubscription"].includes(name));
        const { facts, applied } = heal(start, graveyard);
        expect(facts.targets.filter((target) => !serviceCan(facts, target))).toEqual([]);
        expect(
          diagnose(facts, settings)
            .targets.map(({ phase }) => phase)
            .filter((phase) => phase !== "healthy"),
        ).toEqual([]);
        expect(wasWell || applied.length > 0).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test("mends what can be mended also where several of it come together", () => {
    fc.assert(
      fc.property(brokenBy(MENDABLE), ({ facts: start, graveyard, breaks }) => {
        // Which identity to make the default when the one that it was is gone for good, or not remembered, a person says.
        const hasNoOther = breaks.some((name) => /undefine|detach/.test(name)) && breaks.some((name) => /Identity$|restore/.test(name));
        fc.pre(start.baseline !== null && !hasNoOther);
        const { facts } = heal(start, graveyard);
        expect(facts.targets.filter((target) => !serviceCan(facts, target))).toEqual([]);
      }),
      { numRuns: 300 },
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
          expect(steps.map(rankOfDraft)).toEqual(steps.map(rankOfDraft).toSorted((a, b) => a - b));
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
        expect(applied.filter((one) => !isModest(one, own)).map(({ step }) => step)).toEqual([]);
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

describe("a deliberate revocation", () => {
  const tags = { "keymend:revoked": "by security" };
  const MARKS: Record<string, Break> = {
    account: onAccounts(() => ({ tags })),
    cluster: (facts) => ({ ...facts, targets: facts.targets.map((target) => (target.kind === "cluster" ? { ...target, tags } : target)) }),
    vault: (facts) => ({ ...facts, vault: facts.vault && "tags" in facts.vault ? { ...facts.vault, tags } : facts.vault }),
    key: (facts) => ({ ...facts, keys: facts.keys.map((key) => ("tags" in key ? { ...key, tags } : key)) }),
  };
  const isMarked = (facts: Facts, target: TargetFacts): boolean =>
    [target, facts.vault, ...facts.keys].some((one) => one !== null && "tags" in one && "keymend:revoked" in one.tags);

  test("is never undone, whatever else is broken, with every approval given", () => {
    fc.assert(
      fc.property(broken, fc.constantFrom(...Object.keys(MARKS)), ({ facts: unmarked, graveyard }, mark) => {
        const start = MARKS[mark]!(unmarked);
        const lost = start.targets.filter((target) => isMarked(start, target) && !serviceCan(start, target)).map(({ id }) => id);
        fc.pre(lost.length > 0);
        const approved = (step: Step, now: Facts): boolean => ["allow", "ask"].includes(judgeStep(step, now, settings, []).kind);
        const { facts, applied } = heal(start, graveyard, () => {}, approved);
        const onMarked = applied.filter(({ step, before }) =>
          before.targets.some((target) => isMarked(before, target) && step.targetIds.includes(target.id)),
        );
        expect(onMarked.map(({ step }) => step.name)).toEqual([]);
        const back = facts.targets.filter(({ id }) => lost.includes(id)).filter((target) => serviceCan(facts, target));
        expect(back.map(({ id }) => id)).toEqual([]);
      }),
      { numRuns: 300 },
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
