import { describe, expect, test } from "vitest";
import type { Facts } from "../../../src/domain/facts.ts";
import { judgeOperation, readsOfWishes } from "../../../src/domain/operations/index.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import { operationInShort } from "../../../src/domain/short-names.ts";
import { revokedOnPurpose } from "../../../src/domain/turn/policy.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import { standingRevocations, takenBackBy, type WishOnRecord } from "../../../src/domain/wish.ts";
import {
  aBaseline,
  ACCOUNT_ID,
  aCluster,
  aKey,
  anAccess,
  anAccount,
  anAssignment,
  aPolicyVault,
  aRole,
  aVersion,
  CLUSTER_ID,
  clusterSays,
  identityIdOf,
  KEY_SCOPE,
  PRINCIPAL,
  revoked,
  someFacts,
  someSettings,
  V1,
  VAULT_ID,
} from "../../support/builders.ts";
import { after, applied } from "../../support/turns.ts";
import { aStatusOf, aWish, RESTORE, RESTORE_GRANT, REVOKE, REVOKE_GRANT, turnOn } from "../../support/wishes.ts";

const OTHER = identityIdOf("id-other");
const user = (id: string) => ({ form: "user", id, federatedClientId: null }) as const;
const both = [anAccount(), aCluster(), anAccount({ id: `${ACCOUNT_ID}-2`, name: "alone", defaultIdentity: user(OTHER) })];
const held = anAssignment({ scope: KEY_SCOPE, name: "held", id: `${KEY_SCOPE}/providers/Microsoft.Authorization/roleAssignments/held` });
const rbac = (over: Partial<Facts> = {}): Facts =>
  someFacts({ targets: both, access: [anAccess({ assignments: [held] })], baseline: aBaseline({ assignments: [held] }), ...over });
const gone = (over: Partial<Facts> = {}): Facts => rbac({ access: [anAccess({ assignments: [] })], ...over });
const judged = (facts: Facts, wish: WishOnRecord = aWish(REVOKE_GRANT)) =>
  judgeOperation({ facts, diagnosis: diagnose(facts, someSettings()), wish });
const grantOf = (facts: Facts) => judged(facts).requirements.find(({ name }) => name === "grant to take away");
const standing = aWish(REVOKE_GRANT, { status: aStatusOf({ state: "closed", outcome: "Completed", stands: true }) });
const restoring = aWish(RESTORE_GRANT, { id: "w2", at: after(60) });

test("of a key the key is read, used by a database or not", () => {
  for (const one of [REVOKE, RESTORE]) expect(readsOfWishes([aWish(one)])).toEqual({ keys: ["cmk"], identityIds: [], databaseIds: [] });
});

describe("to take a grant away", () => {
  test("is wanted of a database, and concerns every one that uses its identity", () => {
    for (const one of [REVOKE_GRANT, RESTORE_GRANT])
      expect(readsOfWishes([aWish(one)])).toEqual({ keys: [], identityIds: [], databaseIds: [] });
    expect(operationInShort(aWish(REVOKE_GRANT))).toBe("revoke of orders");
    const { targetIds, requirements, stands } = judged(rbac());
    expect([targetIds, stands]).toEqual([[ACCOUNT_ID, CLUSTER_ID], true]);
    expect(requirements).toMatchObject([
      { name: "database", state: "met" },
      { name: "grant to take away", state: "met" },
      { name: "databases", detail: "orders, carts will be out of reach", advised: true },
    ]);
  });

  test("deletes its assignments of that one role at the vault or below", () => {
    expect(judged(rbac()).drafts).toEqual([{ name: "RemoveGrant", params: { scope: KEY_SCOPE, name: "held", holder: PRINCIPAL } }]);
    expect(judged(gone()).drafts).toEqual([]);
    expect(decideTurn(turnOn({ ...rbac(), wishes: [aWish(REVOKE_GRANT)] })).next).toMatchObject({
      do: "step",
      step: { name: "RemoveGrant", needs: "nothing", wish: "w1" },
    });
  });

  test("ends with the command where Azure does not permit it, as any other step", () => {
    const facts = rbac({ targets: [anAccount()], wishes: [aWish(REVOKE_GRANT)] });
    const { next, incident } = decideTurn(turnOn(facts));
    if (next.do !== "step" || incident === null) throw new Error("nothing is begun");
    const { id, name, on } = next.step;
    const refused = { id, name, on, wish: "w1", result: "refused", detail: "NotPermitted: AuthorizationFailed: no" } as const;
    const turn = decideTurn(turnOn(facts, { incident: { ...incident, ...applied(refused) }, turn: 1, now: after(1) }));
    expect(turn.next).toMatchObject({ do: "end", outcome: { code: "Escalated", reason: "NotPermitted" } });
    expect(turn.incident?.wishes).toMatchObject([{ state: "closed", reasonCode: "NotPermitted", stands: false }]);
    expect(turn.incident?.runbook).toEqual([
      expect.stringMatching(/by hand, or grant Keymend's identity Microsoft\.Authorization\/roleAssignments\/delete/),
      expect.stringMatching(/^az role assignment delete --ids \S+\/roleAssignments\/held$/),
    ]);
  });

  test.each<[what: string, targets: Facts["targets"], keys: string[]]>([
    ["what an account needs", [anAccount()], ["get", "unwrapkey", "wrapkey"]],
    ["what any of its databases needs", [anAccount(), aCluster()], ["get", "list", "unwrapkey", "wrapkey"]],
  ])("takes %s off its access policy, and leaves the rest", (_, targets, keys) => {
    const facts = rbac({ targets, vault: aPolicyVault(["get", "list", "wrapKey", "unwrapKey", "sign"]) });
    expect(judged(facts).drafts).toMatchObject([
      { name: "RemoveAccessPolicyPermissions", params: { vaultId: VAULT_ID, holder: PRINCIPAL, keys } },
    ]);
    expect(judged(rbac({ targets, vault: aPolicyVault(["sign"]) })).drafts).toEqual([]);
  });

  const above = anAssignment({ scope: VAULT_ID.split("/providers")[0]!, id: "above" });
  const wider = anAssignment({ scope: KEY_SCOPE, id: "wider", roleDefinitionId: "officer" });
  test.each<[what: string, facts: Facts, state: string, words: RegExp]>([
    ["a role above the vault", rbac({ access: [anAccess({ assignments: [held, above] })] }), "unmet", /by above:/],
    ["a wider role", rbac({ access: [anAccess({ assignments: [wider], definitions: [aRole("officer")] })] }), "unmet", /by wider:/],
    ["a policy that allows all", rbac({ vault: aPolicyVault(["all"]) }), "unmet", /allows all/],
    ["access that was not read", rbac({ access: [] }), "unknown", /was not read/],
    [
      "an identity that is not known",
      rbac({ targets: [anAccount({ defaultIdentity: { form: "undefined" } })] }),
      "unknown",
      /is not known/,
    ],
    ["no such database", rbac({ targets: [] }), "unknown", /is not known/],
    ["no vault", rbac({ vault: null }), "unknown", /is not known/],
  ])("is refused with %s, before anything is written", (_, facts, state, words) => {
    expect(grantOf(facts)?.state).toBe(state);
    expect(grantOf(facts)?.detail).toMatch(words);
    const { next, incident } = decideTurn(turnOn({ ...facts, wishes: [aWish(REVOKE_GRANT)] }));
    expect(incident?.wishes).toMatchObject([{ state: "closed", outcome: "Refused", reasonCode: "RequirementsUnmet" }]);
    expect(next.do).not.toBe("step");
  });

  test("writes nothing where nothing is known of it, and has no way back to tell", () => {
    const blind = rbac({ vault: null });
    expect(judged(blind)).toMatchObject({ drafts: [], undo: [], reached: { done: false } });
    expect(judged(rbac({ access: [] })).drafts).toEqual([]);
  });

  test("is done once the identity has no access by it, and tells the way back", () => {
    expect(judged(rbac()).reached).toEqual({ done: false, detail: "its identity's grant is to be taken away" });
    const { reached, undo } = judged(gone());
    expect(reached).toMatchObject({ done: true, detail: expect.stringMatching(/orders, carts lose it/) as string });
    expect(undo.at(-1)).toMatch(/^az role assignment create --name held .*--scope \S+\/keys\/cmk/);
    expect(judged(gone({ baseline: null, access: [anAccess({ assignments: [], viaGroups: true })] })).undo).toHaveLength(1);
  });
});

describe("once it is taken away", () => {
  test.each<[what: string, target: Facts["targets"][number] | undefined, isMeant: boolean]>([
    ["the database itself", both[0], true],
    ["one that uses its identity", both[1], true],
    ["one that uses another", both[2], false],
  ])("every look says of %s whether that is meant", (_, target, isMeant) => {
    expect(revokedOnPurpose(gone({ wishes: [standing] }), target!) !== undefined).toBe(isMeant);
  });

  test("a database that is out of sight is meant still", () => {
    const facts = gone({ targets: [aCluster()], wishes: [standing] });
    expect(revokedOnPurpose(facts, anAccount({ id: ACCOUNT_ID.toUpperCase() }))).toMatch(/ada revoked it on purpose/);
    expect(revokedOnPurpose(facts, aCluster())).toBeUndefined();
  });

  const { before } = judged(rbac());
  const recorded = { ...standing, status: aStatusOf({ state: "closed", outcome: "Completed", stands: true, ...(before && { before }) }) };

  // Who may write to the one that is named decides nothing for the others.
  test.each<[what: string, targets: Facts["targets"]]>([
    ["is as it was", both],
    ["uses another identity", [anAccount({ defaultIdentity: user(identityIdOf("id-third")) }), aCluster()]],
    ["is gone, or on another vault", [aCluster()]],
  ])("whoever shared its identity when it was revoked gets nothing back, where the named one %s", (_, targets) => {
    const facts = gone({ targets, wishes: [recorded] });
    expect(revokedOnPurpose(facts, aCluster())).toMatch(/ada revoked it on purpose/);
    expect(decideTurn(turnOn(facts)).incident?.plan?.steps.filter(({ state }) => state === "next")).toEqual([]);
    expect(revokedOnPurpose(facts, both[2]!)).toBeUndefined();
  });

  test("what it used is on record from the first look on; of a key nothing is", () => {
    expect(before).toEqual({ keyUri: anAccount().keyUri, defaultIdentity: `UserAssignedIdentity=${identityIdOf("id-orders")}` });
    expect(decideTurn(turnOn({ ...rbac(), wishes: [aWish(REVOKE_GRANT)] })).incident?.wishes).toMatchObject([{ before }]);
    expect(judged(someFacts(), aWish(REVOKE)).before).toBeUndefined();
  });

  test.each<[phase: string, over: Partial<Facts>]>([
    ["grace", {}],
    ["revoked", { targets: [anAccount({ service: revoked(4002) }), aCluster({ service: clusterSays("Inaccessible", false) })] }],
  ])("nobody gives it back, in %s", (_, over) => {
    const { next, incident } = decideTurn(turnOn({ ...gone(over), wishes: [standing] }));
    expect(next.do).not.toBe("step");
    expect(incident?.plan?.steps.map(({ name, state }) => [name, state])).toEqual([["RestoreRoleAssignment", "refused"]]);
  });

  // What was written of it by then, if anything, the look that wanted it has on record.
  test.each<[what: string, facts: Facts, began: boolean, repair: string, wish: object]>([
    ["before its write, it is no word on a loss", gone(), false, "next", { state: "working" }],
    [
      "after its write, though no look has seen that, nobody gives back what it took",
      gone(),
      true,
      "refused",
      { outcome: "Refused", reasonCode: "Cancelled", stands: true },
    ],
  ])("called off %s", (_, facts, began, repair, wish) => {
    const wanted = aWish(REVOKE_GRANT);
    const first = decideTurn(turnOn({ ...rbac(), wishes: [wanted] }));
    if (first.next.do !== "step" || first.incident === null) throw new Error("nothing is begun");
    const { id, name, on } = first.next.step;
    const { id: __, reason: ___, ...status } = first.incident.wishes![0]!;
    expect(status).toMatchObject({ state: "working", stands: true });
    const cancelled = { at: after(1), by: "ada-id", reason: "not today" };
    const called = { ...wanted, cancelled, status: began ? status : null };
    const written = began ? applied({ id, name, on, wish: "w1" }) : {};
    const second = decideTurn(
      turnOn({ ...facts, wishes: [called] }, { incident: { ...first.incident, ...written }, turn: 1, now: after(5) }),
    );
    expect(second.incident?.plan?.steps.map((one) => [one.name, one.state])).toEqual([["RestoreRoleAssignment", repair]]);
    expect(second.incident?.wishes).toMatchObject([wish]);
  });

  test("only who wants that very thing back takes it back", () => {
    expect(takenBackBy(restoring, [standing, restoring])).toEqual([standing]);
    const others: WishOnRecord[] = [
      aWish(RESTORE, { id: "w2", at: after(60) }),
      aWish({ operation: "restore", params: { databaseId: CLUSTER_ID } }, { id: "w2", at: after(60) }),
    ];
    for (const other of others) expect(standingRevocations([standing, other])).toEqual([standing]);
    const ofKey = aWish(REVOKE, { status: aStatusOf({ state: "closed", outcome: "Completed", stands: true }) });
    expect(standingRevocations([ofKey, restoring])).toEqual([ofKey]);
  });
});

describe("on a vault with access policies", () => {
  const wrapping = ["get", "list", "wrapKey", "unwrapKey"];
  const baseline = aBaseline({ permissionModel: "policies", policies: aPolicyVault([...wrapping, "sign"]).policies });
  const policies = (keys: string[], over: Partial<Facts> = {}): Facts => rbac({ vault: aPolicyVault(keys), baseline, ...over });

  test("it is taken once the policy allows nothing of it, and the way back is what it allowed", () => {
    expect(judged(policies([...wrapping, "sign"])).reached.done).toBe(false);
    const { reached, undo } = judged(policies(["sign"]));
    expect(reached).toMatchObject({ done: true, detail: expect.stringMatching(/^\S+ has no access/) as string });
    expect(undo.at(-1)).toContain('"keys":["get","list","wrapKey","unwrapKey"]');
    expect(undo.at(-1)).toMatch(/^az rest --method put .*accessPolicies\/add/);
    expect(judged(policies(wrapping)).undo).toHaveLength(1);
    expect(judged(policies(["sign"], { baseline: null })).undo).toHaveLength(1);
  });

  test("nobody gives it back, and restore does", () => {
    const names = (wishes: WishOnRecord[]) => {
      const { next, incident } = decideTurn(turnOn({ ...policies(["sign"]), wishes }));
      return [next.do, incident?.plan?.steps.map(({ name, state }) => [name, state])];
    };
    expect(names([standing])).toEqual([expect.not.stringMatching("step"), [["AddAccessPolicyPermissions", "refused"]]]);
    expect(names([standing, restoring])).toEqual(["step", [["AddAccessPolicyPermissions", "next"]]]);
  });
});

describe("to give it back", () => {
  const back = (facts: Facts) => judged({ ...facts, wishes: [standing, restoring] }, restoring);

  test("the very assignment is made again, by the repair, with the wish as its consent", () => {
    const { next } = decideTurn(turnOn({ ...gone(), wishes: [standing, restoring] }));
    expect(next).toMatchObject({ do: "step", step: { name: "RestoreRoleAssignment", params: { name: "held" }, wish: "w2" } });
    expect(back(gone())).toMatchObject({ drafts: [], targetIds: [ACCOUNT_ID, CLUSTER_ID] });
    expect(back(gone()).requirements).toMatchObject([{ name: "database", state: "met" }]);
  });

  test("is no consent to a key that somebody has disabled: that is asked about", () => {
    const facts = rbac({ keys: [aKey([aVersion(V1, { enabled: false })])], wishes: [standing, restoring] });
    const { incident } = decideTurn(turnOn(facts));
    expect(incident?.plan?.steps).toMatchObject([{ name: "EnableKeyVersion", state: "waitsForApproval" }]);
    const ofKey = decideTurn(turnOn({ ...facts, wishes: [aWish(RESTORE)] }));
    expect(ofKey.next).toMatchObject({ do: "step", step: { name: "EnableKeyVersion", wish: "w1" } });
  });

  test("is waited for until it has had its time, and the databases are well", () => {
    expect(back(gone()).reached).toEqual({ done: false, detail: "waiting for orders, carts to have the key again" });
    const fresh = rbac({ access: [anAccess({ assignments: [{ ...held, createdOn: rbac().at }] })] });
    expect(back(fresh).reached).toMatchObject({ done: false, detail: expect.stringMatching(/ten minutes/) as string });
    expect(back(rbac()).reached).toEqual({ done: true, detail: "orders, carts reach the key again" });
    expect(back(rbac()).undo).toEqual([expect.stringMatching(/^az role assignment delete --ids /)]);
    expect(back(rbac({ targets: [] })).requirements).toMatchObject([{ name: "database", state: "unmet" }]);
  });
});
