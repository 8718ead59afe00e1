import { expect, test } from "vitest";
import { baselineOf } from "../../../src/domain/baseline.ts";
import { losesByRecovery, stillMissing } from "../../../src/domain/mending/recovery.ts";
import type { DeletedVault, Facts, RoleAssignment } from "../../../src/domain/facts.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import { historyOf, plan } from "../../../src/domain/plan/plan.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import { aBaseline, anAssignment, aVault, someFacts, someSettings, VAULT_ID } from "../../support/builders.ts";
import { aSignal, aStep, diagnosisOf, healthy, planOf, turnInput } from "../../support/turns.ts";

const OFFICER = "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/14b46e9e-c2b7-41b4-b07b-48a6ebf60603";
const one = (n: number, over: Partial<RoleAssignment> = {}): RoleAssignment =>
  anAssignment({ name: `bbbbbbbb-0000-4000-8000-00000000000${n}`, principalId: `p${n}`, roleDefinitionId: OFFICER, ...over });
const own = anAssignment();
const onKey = one(2, { scope: `${VAULT_ID}/keys/cmk` });
const keymends = one(1, { principalId: "KEYMEND" });

const deleted: DeletedVault = {
  state: "deleted",
  id: VAULT_ID,
  name: "kv-orders",
  resourceGroup: "rg-orders",
  location: "westeurope",
  tags: {},
  deletedOn: null,
  scheduledPurgeOn: null,
};
const before = (assignments: RoleAssignment[], left = 0) => aBaseline({ held: { assignments, left } });
const gone = (over: Partial<Facts> = {}) => someFacts({ vault: deleted, keys: [], access: [], ...over });
const loses = (facts: Facts) => losesByRecovery(facts, VAULT_ID, { observe: "reader", keys: "keymend" });

test("before a vault is recovered it is said what of it comes back with nothing, Keymend's own among it, with the commands", () => {
  const { text, az } = loses(gone({ baseline: before([own, keymends, onKey]) }));
  expect(text).toContain("2 role assignments (role 14b46e9e-c2b7-41b4-b07b-48a6ebf60603 of Keymend itself at kv-orders; ");
  expect(text).toContain("of ServicePrincipal p2 at kv-orders/cmk");
  expect(az).toHaveLength(2);
  expect(az[0]).toContain("az role assignment create --name bbbbbbbb-0000-4000-8000-000000000001 --assignee-object-id KEYMEND");
});

test.each<[string, Facts, string, number]>([
  ["nothing is remembered", gone(), "what else kv-orders had is not known", 0],
  ["an earlier version remembers", gone({ baseline: aBaseline() }), "is not known", 0],
  ["it only had what is put back", gone({ baseline: before([own]) }), "no role assignment beside those", 0],
  ["it had one more", gone({ baseline: before([own, onKey]) }), "1 role assignment (", 1],
  ["it had more than is remembered", gone({ baseline: before([keymends], 300) }), "301 role assignments (", 1],
  ["it had many", gone({ baseline: before(Array.from({ length: 12 }, (_, n) => one(n))) }), "; 2 more)", 12],
  ["its databases went by policies", gone({ baseline: { ...before([own]), permissionModel: "policies" } }), "1 role assignment (", 1],
  ["a database's key is not known", gone({ baseline: before([own]), targets: [] }), "1 role assignment (", 1],
])("of a vault of which %s", (_, facts, text, commands) => {
  const said = loses(facts);
  expect(said.text).toContain(text);
  expect(said.text).toMatch(/access policies do.*private endpoints and diagnostic settings/);
  expect(said.az).toHaveLength(commands);
});

const back = (held: RoleAssignment[] | null, baseline = before([own, keymends, onKey])) => {
  const { held: _, ...facts } = someFacts({ baseline });
  return held ? { ...facts, held: { assignments: held, left: 0 } } : facts;
};

test.each<[string, Facts, "vault" | "keys" | null, string | undefined, number]>([
  ["a vault that came back bare", back([]), "vault", "3 role assignments", 3],
  ["a vault that has some again", back([own]), "vault", "2 role assignments", 2],
  ["one made again under another name", back([own, { ...keymends, id: "x", name: "x" }, onKey]), "vault", undefined, 0],
  ["a key that came back without its own", back([]), "keys", "1 role assignment (", 1],
  ["a vault that never was deleted", back([]), null, undefined, 0],
  ["what could not be read now", back(null), "vault", undefined, 0],
  ["nothing to compare with", back([], aBaseline()), "vault", undefined, 0],
  ["a vault that is still deleted", gone({ baseline: before([own]) }), "vault", undefined, 0],
])("at the end what is missing is told: %s", (_, facts, recovered, text, commands) => {
  const missing = stillMissing(facts, recovered, { observe: "reader", keys: "keymend" });
  if (text === undefined) expect(missing).toBeUndefined();
  else expect(missing!.text).toContain(text);
  expect((missing?.az ?? []).filter((line) => line.startsWith("az role assignment create"))).toHaveLength(commands);
});

test("what was held is not forgotten while its recovery is not over", () => {
  const facts = back([own]);
  const held = (isRecovered: boolean, of: Facts = facts) => baselineOf(of, { targets: [] }, aVault(), isRecovered).held?.assignments;
  expect(held(true)).toEqual([own, keymends, onKey]);
  expect(held(false)).toEqual([own]);
  expect(held(false, back(null))).toEqual([own, keymends, onKey]);
  expect(held(false, someFacts())).toBeUndefined();
});

test.each([
  [["AccessMissing"], null],
  [["KeyDeleted"], "keys"],
  [["KeyDeleted", "VaultDeleted"], "vault"],
] as const)("an incident with %j has recovered: %s", (codes, expected) => {
  expect(historyOf({ causes: codes.map((code) => ({ code, targetIds: [] })) }).recovered).toBe(expected);
  expect(historyOf(null).recovered).toBeNull();
  const lost = { code: "DefaultIdentityUndefined", targetIds: ["a", "b"] } as const;
  expect(historyOf({ causes: [{ code: "KeyDeleted", targetIds: ["c"] }, lost] }).lostDefault).toEqual(["a", "b"]);
});

test("what is missing is told with whatever the incident came to, with the commands, also where it ended well", () => {
  const missing = { text: "still missing since the recovery: one", az: ["az role assignment create"] };
  const signals = [aSignal({ source: "operator" })];
  const turn = decideTurn(turnInput({ signals, plan: { ...planOf(), missing }, ...diagnosisOf(healthy()) }));
  expect(turn.incident).toMatchObject({
    state: "closed",
    outcome: "NoChangeNeeded",
    detail: expect.stringContaining("; still missing since the recovery: one"),
    runbook: ["az role assignment create"],
  });
});

test("the plan that waits for approval says what the recovery does not bring back, beside why it asks", () => {
  const step = { ...aStep({ needs: "approval" }), tells: "of what it had, this does not put back: one" };
  const { incident } = decideTurn(turnInput({ plan: planOf(step) }));
  expect(incident?.plan?.steps[0]?.why).toMatch(/.+; of what it had, this does not put back: one$/);
});

test("a plan for a vault that was recovered names what is missing", () => {
  const facts = back([own]);
  const planned = (recovered: "vault" | null) =>
    plan(facts, diagnose(facts, someSettings()), someSettings(), { recovered, lostDefault: [] }).missing?.text;
  expect(planned("vault")).toContain("2 role assignments");
  expect(planned(null)).toBeUndefined();
});
