import { expect, test } from "vitest";
import type { Facts } from "../../../src/domain/facts.ts";
import { judgeOperation, readsOfWishes } from "../../../src/domain/operations/index.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import type { OperationParams } from "../../../src/domain/wish.ts";
import {
  aBaseline,
  ACCOUNT_ID,
  aDeny,
  anAccess,
  anAccount,
  anAssignment,
  anIdentity,
  aPolicyVault,
  aKey,
  aVault,
  IDENTITY_ID,
  KEY_SCOPE,
  NOW,
  PRINCIPAL,
  someFacts,
  someSettings,
  VAULT_ID,
} from "../../support/builders.ts";
import { SECOND } from "../../support/steps.ts";
import { aWish, PREPARE, turnOn } from "../../support/wishes.ts";

type Params = OperationParams["prepare"];

/** A vault that is there, with nothing on it. */
const bare = (over: Partial<Facts> = {}): Facts =>
  someFacts({
    keys: [{ state: "gone", name: "cmk" }],
    identities: [{ state: "gone", id: IDENTITY_ID }],
    access: [],
    targets: [],
    ...over,
  });

function judged(facts: Facts, params: Partial<Params> = {}) {
  const wish = aWish({ operation: "prepare", params: { ...PREPARE.params, ...params } });
  return judgeOperation({ facts, diagnosis: diagnose(facts, someSettings()), wish });
}
const found = (facts: Facts, name: string) => judged(facts).requirements.find((one) => one.name === name);
const draftsOf = (facts: Facts, params?: Partial<Params>) => judged(facts, params).drafts.map(({ name }) => name);
const turn = (facts: Facts) => decideTurn(turnOn({ ...facts, wishes: [aWish(PREPARE)] }));

test("reads what it names", () => {
  expect(readsOfWishes([aWish(PREPARE)])).toEqual({ keys: ["cmk"], identityIds: [IDENTITY_ID], databaseIds: [] });
});

test("what is lacking is made: identity, key, grant; nothing that is there", () => {
  expect(draftsOf(bare())).toEqual(["CreateIdentity", "CreateKey", "GrantKeyRole"]);
  expect(judged(bare()).drafts[0]).toEqual({
    name: "CreateIdentity",
    params: { identityId: IDENTITY_ID, location: "westeurope", insteadOf: null },
  });
  const made = turn(bare());
  expect(made.next).toMatchObject({ do: "step", step: { name: "CreateIdentity", wish: "w1", needs: "nothing" } });
  const whole = turn(someFacts({ targets: [] }));
  expect(whole.next).toMatchObject({ do: "end", outcome: { code: "Completed" } });
});

test("for a database that is there the identity is made in its region", () => {
  const facts = bare({ targets: [anAccount({ location: "North Europe" })] });
  const { drafts, targetIds } = judged(facts, { databaseId: ACCOUNT_ID });
  expect([drafts[0], targetIds]).toMatchObject([{ params: { location: "North Europe" } }, [ACCOUNT_ID]]);
});

test("purge protection is turned on where it is asked for by name, first of all; else it stands in the way", () => {
  const facts = bare({ vault: aVault({ purgeProtection: false }) });
  expect(turn(facts)).toMatchObject({ next: { do: "end", outcome: { code: "Refused", reason: "RequirementsUnmet" } } });
  const asked = aWish({ operation: "prepare", params: { ...PREPARE.params, purgeProtection: true } });
  const { next, incident } = decideTurn(turnOn({ ...facts, wishes: [asked] }));
  expect(next).toMatchObject({ do: "step", step: { name: "EnablePurgeProtection", undo: null, wish: "w1" } });
  expect(incident?.wishes?.[0]?.requirements.find(({ name }) => name === "purge protection")).toMatchObject({
    state: "unmet",
    ownWork: true,
  });
  const on = decideTurn(turnOn({ ...bare(), wishes: [asked] }));
  expect(on.next).toMatchObject({ step: { name: "CreateIdentity" } });
});

test("who gets access is agreed to by somebody else: nobody orders a key for an identity of their own", () => {
  const facts = someFacts({ access: [anAccess({ assignments: [] })], targets: [] });
  const { incident } = turn(facts);
  expect(incident?.plan?.steps).toMatchObject([
    { name: "GrantKeyRole", state: "waitsForApproval", why: "id-orders never had access to kv-orders/cmk for any database" },
  ]);
  const policies = turn(someFacts({ vault: aPolicyVault([]), targets: [] }));
  expect(policies.incident?.plan?.steps).toMatchObject([
    { name: "AddAccessPolicyPermissions", state: "waitsForApproval", why: "id-orders never had access to kv-orders for any database" },
  ]);
});

test("that a database has another key with this identity says nothing of this one", () => {
  const facts = bare({
    keys: [aKey(), aKey(undefined, "other")],
    identities: [anIdentity()],
    access: [anAccess(), anAccess({ keyName: "other", keyScope: KEY_SCOPE.replace(/cmk$/, "other"), assignments: [] })],
    targets: [anAccount()],
    baseline: aBaseline(),
  });
  const wish = aWish({ operation: "prepare", params: { ...PREPARE.params, key: "other", databaseId: ACCOUNT_ID } });
  const { incident } = decideTurn(turnOn({ ...facts, wishes: [wish] }));
  expect(incident?.plan?.steps).toMatchObject([
    { name: "GrantKeyRole", state: "waitsForApproval", why: "id-orders never had access to key other for orders while that was well" },
  ]);
});

test.each<[what: string, name: string, facts: Facts, own: true | undefined]>([
  ["a key that is nowhere", "key", bare(), true],
  ["an identity that is nowhere", "identity", bare(), true],
  ["a grant that is not made", "grant", someFacts({ access: [anAccess({ assignments: [] })], targets: [] }), true],
  ["a grant at a key that is not there", "grant", bare({ identities: [anIdentity()] }), true],
  [
    "a grant that somebody denies",
    "grant",
    someFacts({ access: [anAccess({ assignments: [], denies: [aDeny()] })], targets: [] }),
    undefined,
  ],
  ["a grant that was not read", "grant", someFacts({ access: [], targets: [] }), undefined],
  [
    "a key that is deleted",
    "key",
    bare({ keys: [{ state: "deleted", name: "cmk", tags: {}, deletedOn: null, scheduledPurgeOn: null, versions: [] }] }),
    undefined,
  ],
  ["a key that was not read", "key", bare({ keys: [] }), undefined],
  ["an identity that was not read", "identity", bare({ identities: [] }), undefined],
  ["a vault without purge protection", "purge protection", bare({ vault: aVault({ purgeProtection: false }) }), undefined],
])("makes %s, or is refused for it", (_, name, facts, own) => {
  expect(found(facts, name)).toMatchObject({ state: expect.not.stringMatching("^met$") as string });
  expect(found(facts, name)?.ownWork).toBe(own);
  const { next } = turn(facts);
  if (own === undefined) expect(next).toMatchObject({ do: "end", outcome: { code: "Refused", reason: "RequirementsUnmet" } });
  else expect(next).not.toMatchObject({ do: "end" });
});

test("nothing is made on a vault that is not there", () => {
  const facts = bare({ vault: { state: "gone", id: VAULT_ID, name: "kv-orders" } });
  expect(draftsOf(facts)).toEqual([]);
  expect(turn(facts).next).toMatchObject({ do: "end", outcome: { code: "Refused" } });
});

test("is done once the grant has had its time", () => {
  const fresh = someFacts({ access: [anAccess({ assignments: [anAssignment({ createdOn: NOW })] })], targets: [] });
  expect(judged(fresh).reached).toEqual({ done: false, detail: "the grant is made, and may take ten minutes to reach the vault" });
  expect(judged(someFacts({ targets: [] })).reached.done).toBe(true);
  expect(judged(bare()).reached.detail).toBe("not there yet: key, identity");
});

test("the way back takes the grant away, and is told only where there is one", () => {
  expect(judged(bare()).undo).toEqual([]);
  expect(judged(someFacts({ access: [] })).undo).toEqual([]);
  expect(judged(someFacts({ access: [anAccess({ assignments: [] })] })).undo).toEqual([]);
  expect(judged(someFacts()).undo[0]).toBe(
    `az role assignment delete --assignee ${PRINCIPAL} --role e147488a-f6f5-4113-8e2d-b22465e65bf6 --scope ${KEY_SCOPE}`,
  );
  expect(judged(someFacts({ vault: aPolicyVault() })).undo[0]).toMatch(/^# take the key permissions .* off/);
});

test("the identity to be made is another one than any that is attached", () => {
  expect(judged(bare(), { identityId: SECOND }).requirements.find(({ name }) => name === "identity")).toMatchObject({ state: "unknown" });
});
