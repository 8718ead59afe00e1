import { describe, expect, test } from "vitest";
import { baselineOf, isBaseline } from "../../../src/domain/baseline.ts";
import type { Facts, TargetFacts } from "../../../src/domain/facts.ts";
import { judgeOperation, readsOfWishes } from "../../../src/domain/operations/index.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import { plan } from "../../../src/domain/plan/plan.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import type { Before, WishOnRecord } from "../../../src/domain/wish.ts";
import {
  aBaseline,
  ACCOUNT_ID,
  aCluster,
  aDeny,
  aHolder,
  anAccess,
  anAccount,
  anAssignment,
  anIdentity,
  aPolicyVault,
  aStatus,
  aVault,
  CLUSTER_ID,
  IDENTITY_ID,
  KEY_URI,
  NOW,
  PRINCIPAL,
  revoked,
  someFacts,
  someSettings,
  VAULT_ID,
} from "../../support/builders.ts";
import { SECOND } from "../../support/steps.ts";
import { after } from "../../support/turns.ts";
import { aStatusOf, aWish, SWITCH_IDENTITY, turnOn } from "../../support/wishes.ts";

const P2 = "22222222-0000-4000-8000-000000000002";
const onCluster = { ...SWITCH_IDENTITY, params: { ...SWITCH_IDENTITY.params, databaseId: CLUSTER_ID } };
const both = [anIdentity(), anIdentity("id-orders-2", P2)];
const entry = (id: string, principalId: string) => ({ id, principalId, clientId: "c" });
const grant = anAssignment({ name: "bbbbbbbb-0000-4000-8000-000000000002", principalId: P2 });
const granted = (createdOn = "2026-11-02T09:00:00.000Z") => [
  anAccess(),
  anAccess({ principalId: P2, assignments: [{ ...grant, createdOn }] }),
];
const moved = (over: Partial<TargetFacts> = {}): Partial<TargetFacts> => ({
  defaultIdentity: { form: "user", id: SECOND, federatedClientId: null },
  attached: [entry(IDENTITY_ID, PRINCIPAL), entry(SECOND, P2)],
  ...over,
});

/** The new one is there and may do nothing. */
const facts = (over: Partial<Facts> = {}): Facts =>
  someFacts({ identities: both, access: [anAccess(), anAccess({ principalId: P2, assignments: [] })], baseline: aBaseline(), ...over });

const BEFORE: Before = { keyUri: KEY_URI, defaultIdentity: `UserAssignedIdentity=${IDENTITY_ID}` };
const wish = (what = SWITCH_IDENTITY, before: Before = BEFORE): WishOnRecord => aWish(what, { status: aStatusOf({ before }) });
const judged = (over: Facts, one = wish()) => judgeOperation({ facts: over, diagnosis: diagnose(over, someSettings()), wish: one });
const draftsOf = (over: Facts, what = SWITCH_IDENTITY) => judged(over, wish(what)).drafts.map(({ name }) => name);
const unmet = (over: Facts) => judged(over).requirements.filter(({ state, ownWork }) => state !== "met" && !ownWork);
const turn = (over: Facts, one = wish(), more: Parameters<typeof turnOn>[1] = {}) => decideTurn(turnOn({ ...over, wishes: [one] }, more));

test("reads the identity that it names, and is about one database", () => {
  expect(readsOfWishes([aWish(SWITCH_IDENTITY)])).toEqual({ keys: [], identityIds: [SECOND], databaseIds: [] });
  expect(judged(facts()).targetIds).toEqual([ACCOUNT_ID]);
  expect(judged(facts({ targets: [] })).targetIds).toEqual([]);
});

describe("the order of Microsoft's guides", () => {
  test("an account: the grant, then attached, then the default, each a write of its own; a cluster: identity and key in one", () => {
    expect(draftsOf(facts())).toEqual(["GrantKeyRole", "AttachIdentity", "SetDefaultIdentity"]);
    expect(draftsOf(facts({ vault: aPolicyVault() }))).toEqual(["AddAccessPolicyPermissions", "AttachIdentity", "SetDefaultIdentity"]);
    expect(draftsOf(facts({ targets: [aCluster()] }), onCluster)).toEqual(["GrantKeyRole", "SetClusterEncryption"]);
    expect(draftsOf(facts({ targets: [] }))).toEqual([]);
  });

  test("nothing is attached before the grant is agreed to and made, nor made the default before it has had its time", () => {
    const { incident, next } = turn(facts());
    expect(next).toMatchObject({ do: "wait", why: expect.stringMatching(/waits for approval: id-orders-2 never had access/) as string });
    expect(incident?.plan?.steps.map(({ name, state }) => [name, state])).toEqual([
      ["GrantKeyRole", "waitsForApproval"],
      ["AttachIdentity", "waitsForEarlierStep"],
      ["SetDefaultIdentity", "waitsForEarlierStep"],
    ]);
    expect(turn(facts({ access: granted(NOW) })).next).toMatchObject({ do: "step", step: { name: "AttachIdentity", needs: "nothing" } });
    const attached = anAccount({ attached: moved().attached! });
    expect(turn(facts({ access: granted(NOW), targets: [attached] })).next).toMatchObject({
      do: "wait",
      why: "orders is to be moved to identity id-orders-2, once the grant has had the ten minutes that it may take to reach the vault",
    });
    expect(turn(facts({ access: granted(), targets: [attached] })).next).toMatchObject({
      do: "step",
      step: { name: "SetDefaultIdentity" },
    });
  });

  test("an account whose default was taken away with the attaching is sent to the new one as well", () => {
    const lost = anAccount({ attached: moved().attached!, defaultIdentity: { form: "undefined" } });
    const { incident } = turn(facts({ access: granted(), targets: [lost] }));
    expect(incident?.plan?.steps.map(({ name }) => name)).toEqual(["SetDefaultIdentity", "SetDefaultIdentity"]);
  });
});

describe("is refused, before anything is written, for", () => {
  const ill: [string, Partial<Facts>, string][] = [
    ["a database that has no key here", { targets: [] }, "database"],
    [
      "a database that could not be read",
      { targets: [], missing: [{ state: "unreadable", why: "denied", detail: "403", kind: "account", id: ACCOUNT_ID }] },
      "database",
    ],
    ["a database that has lost its key", { targets: [anAccount({ service: revoked() })] }, "database is well"],
    ["one that does not reach its key", { access: [anAccess({ assignments: [] })] }, "database is well"],
    ["one whose service says nothing", { targets: [anAccount({ service: aStatus({ healthy: null, text: null }) })] }, "database is well"],
    ["an identity that is gone", { identities: [anIdentity(), { state: "gone", id: SECOND }] }, "identity"],
    [
      "a deny assignment",
      {
        access: [
          anAccess(),
          anAccess({ principalId: P2, assignments: [], denies: [aDeny({ principals: [{ id: P2, type: "ServicePrincipal" }] })] }),
        ],
      },
      "grant",
    ],
  ];
  test.each(ill)("%s", (_, over, name) => {
    expect(unmet(facts(over))[0]).toMatchObject({ name });
    const { incident, next } = turn(facts(over));
    // What a repair mends first is no reason to refuse it.
    const ended = { state: "closed", outcome: "Refused", reasonCode: "RequirementsUnmet" };
    expect(incident?.wishes).toMatchObject([next.do === "step" ? { state: "working" } : ended]);
    expect(incident?.plan?.steps.filter(({ wish: of }) => of === "w1") ?? []).toEqual([]);
  });

  test("but one that is being changed is waited for: it may be its own write, of which no answer came", () => {
    const updating = anAccount({ service: aStatus({ provisioningState: "Updating", healthy: null, text: null }) });
    const { next, incident } = turn(facts({ targets: [updating], access: granted() }));
    expect(next).toMatchObject({ do: "wait" });
    expect(incident?.wishes).toMatchObject([
      {
        state: "working",
        requirements: expect.arrayContaining([
          { name: "database is well", state: "met", detail: "orders is being changed (Updating): that is waited for", az: [] },
        ]) as unknown,
      },
    ]);
  });

  test("but what happens to it once it is attached is no reason to stop half way", () => {
    const lost = anAccount({ attached: moved().attached!, service: revoked() });
    expect(unmet(facts({ targets: [lost], access: granted() }))).toEqual([]);
  });
});

describe("is done", () => {
  const there = (over: Partial<TargetFacts> = {}): Facts => facts({ access: granted(), targets: [anAccount(moved(over))] });

  test("once the database is on the new one and the service has had a whole check since; the baseline knows it then, and no cause calls it drift", () => {
    const first = turn(there());
    expect(turn(there(), aWish(SWITCH_IDENTITY)).incident?.wishes).toMatchObject([{ heldSince: NOW }]);
    expect(first.next).toMatchObject({
      do: "wait",
      until: after(5),
      why: expect.stringMatching(/^orders uses identity id-orders-2, .*looked at until/) as string,
    });
    expect(first.healthy).toBe(true);
    const settled = { ...there(), at: after(66) };
    const baseline = baselineOf(settled, diagnose(settled, someSettings()), aVault());
    expect(baseline.defaultIdentities[ACCOUNT_ID.toLowerCase()]).toBe(`UserAssignedIdentity=${SECOND}`);
    const second = turn(settled, wish(), { incident: first.incident, turn: 1, now: after(66) });
    expect(second.next).toMatchObject({ do: "end", outcome: { code: "Completed" } });
    for (const known of [baseline, aBaseline()]) {
      const later = { ...settled, baseline: known };
      expect(diagnose(later, someSettings()).targets[0]?.findings).toEqual([]);
      expect(plan(later, diagnose(later, someSettings()), someSettings()).steps).toEqual([]);
    }
  });

  test("and not while it is being changed", () => {
    const { reached } = judged(there({ service: aStatus({ provisioningState: "Updating" }) }));
    expect(reached).toEqual({ done: false, detail: "moved to identity id-orders-2; orders is being changed (Updating)" });
  });

  test("and counts anew where it was not so for a while", () => {
    const first = turn(there()).incident;
    const ill = turn({ ...there({ service: revoked() }), at: after(30) }, wish(), { incident: first, turn: 1, now: after(30) });
    expect(ill.incident?.wishes?.[0]?.heldSince).toBeUndefined();
    expect(ill.next).toMatchObject({ do: "wait" });
    const again = turn({ ...there(), at: after(66) }, wish(), { incident: ill.incident, turn: 2, now: after(66) });
    expect(again.next).toMatchObject({ do: "wait" });
    expect(again.incident?.wishes?.[0]?.heldSince).toBe(after(66));
  });

  test("a look of a healthy vault under way keeps no baseline from being refreshed", () => {
    const now = { ...facts({ access: granted() }), wishes: [wish()] };
    const diagnosis = diagnose(now, someSettings());
    expect(isBaseline({ facts: now, diagnosis, plan: plan(now, diagnosis, someSettings()), incident: null })).toBe(true);
  });
});

describe("the way back and what is needed no more", () => {
  const there = (over: Partial<Facts> = {}): Facts => facts({ access: granted(), targets: [anAccount(moved())], ...over });

  test("is told once it is begun: the old identity and its grant stay", () => {
    expect(judged(facts()).undo).toEqual([]);
    expect(judged(facts({ targets: [] })).undo).toEqual([]);
    expect(judged(there()).undo).toEqual([expect.stringMatching(/cosmosdb update .*--default-identity UserAssignedIdentity=.*id-orders$/)]);
    const system = { keyUri: KEY_URI, defaultIdentity: "SystemAssignedIdentity" };
    expect(judged(there(), wish(SWITCH_IDENTITY, system)).undo).toEqual([
      expect.stringMatching(/--default-identity SystemAssignedIdentity$/),
    ]);
    expect(judged(there(), aWish(SWITCH_IDENTITY)).undo).toEqual([]);
  });

  test("is what it used when it was first looked at, whatever it uses now", () => {
    expect(judged(facts(), aWish(SWITCH_IDENTITY)).before).toEqual(BEFORE);
    expect(judged(there()).before).toEqual(BEFORE);
    expect(judged(facts({ targets: [] }), aWish(SWITCH_IDENTITY)).before).toBeUndefined();
    for (const defaultIdentity of [{ form: "undefined" }, { form: "unknown", raw: "?" }] as const) {
      const none = facts({ targets: [anAccount({ defaultIdentity })] });
      expect(judged(none, aWish(SWITCH_IDENTITY)).before).toEqual({ keyUri: KEY_URI, defaultIdentity: "" });
    }
    expect(turn(facts(), aWish(SWITCH_IDENTITY)).incident?.wishes).toMatchObject([{ before: BEFORE }]);
  });

  test("names the grant and the attachment, unless somebody else lives by them", () => {
    const [said, backups, role, ...detach] = judged(there()).disposable;
    expect(said).toBe(`# orders does not use id-orders any more, as of ${NOW}`);
    expect(backups).toMatch(/a restore of orders to a time before needs id-orders/);
    expect(role).toBe(`az role assignment delete --ids ${anAssignment().id}`);
    expect(detach[0]).toMatch(/^az cosmosdb identity remove .*id-orders$/);
    const shared = judged(there({ targets: [anAccount(moved()), aCluster()] })).disposable;
    expect(shared[2]).toBe("# carts still use it: its grant stays");
    const policies = judged(there({ vault: aPolicyVault() })).disposable;
    expect(policies[2]).toMatch(/access policies$/);
    const detached = judged(there({ targets: [anAccount(moved({ attached: [entry(SECOND, P2)] }))] })).disposable;
    expect(detached).toHaveLength(3);
    const back = judged(there({ targets: [anAccount()] })).disposable;
    expect(back).toEqual(["# orders does not use id-orders-2 any more: nothing is to go"]);
    const gone = judged(there({ identities: [both[1]!] })).disposable;
    const ofCluster = judged(there({ targets: [aCluster(moved())] }), wish(onCluster)).disposable;
    expect([ofCluster[0], ofCluster.filter((line) => line.includes("restore of"))]).toEqual([
      `# carts does not use id-orders any more, as of ${NOW}`,
      [],
    ]);
    expect(gone.filter((line) => line.includes("role assignment"))).toEqual([]);
  });

  test("is nothing where nothing was moved, or what was there can't be told", () => {
    expect(judged(there({ targets: [] })).disposable).toEqual([]);
    expect(
      judged(there(), wish(SWITCH_IDENTITY, { keyUri: KEY_URI, defaultIdentity: `UserAssignedIdentity=${SECOND}` })).disposable,
    ).toEqual([]);
    expect(judged(there(), wish(SWITCH_IDENTITY, { keyUri: KEY_URI, defaultIdentity: "FirstPartyIdentity" })).disposable).toEqual([]);
    expect(judged(there(), aWish(SWITCH_IDENTITY)).disposable).toEqual([]);
  });

  test("is kept with the operation when it is done, for a day later", () => {
    const first = turn(there()).incident;
    const done = turn({ ...there(), at: after(66) }, wish(), { incident: first, turn: 1, now: after(66) });
    expect(done.incident?.wishes).toMatchObject([{ outcome: "Completed", disposable: { from: after(66 + 24 * 60) } }]);
    expect(first?.wishes?.[0]).not.toHaveProperty("disposable");
  });
});

test("half done it is a person's to go on or back, and where it stands is told", () => {
  const begun = turn(facts({ access: granted(NOW) })).incident!;
  const applied = {
    id: "s",
    name: "AttachIdentity" as const,
    on: ACCOUNT_ID,
    at: NOW,
    result: "done" as const,
    detail: "",
    targetIds: [ACCOUNT_ID],
    wish: "w1",
  };
  const gone = facts({
    access: granted(NOW),
    identities: [anIdentity(), { state: "gone", id: SECOND }],
    targets: [anAccount({ attached: moved().attached! })],
  });
  const { incident } = turn(gone, wish(), { incident: { ...begun, applied: [applied] }, turn: 1, now: after(1) });
  expect(incident?.wishes).toMatchObject([
    {
      outcome: "Escalated",
      reasonCode: "RequirementsUnmet",
      detail: expect.stringMatching(/^identity: .*; written so far: AttachIdentity on orders; how to go back is under undo$/) as string,
    },
  ]);
});

test("access by a holder of another vault's id is not guessed at", () => {
  const over = facts({
    vault: { state: "gone", id: VAULT_ID, name: "kv-orders" },
    baseline: aBaseline({ holders: { [ACCOUNT_ID.toLowerCase()]: aHolder() } }),
  });
  expect(draftsOf(over)).toEqual(["AttachIdentity", "SetDefaultIdentity"]);
  expect(judged({ ...over, targets: [anAccount(moved())] }).disposable[2]).toMatch(/access policies$/);
});
