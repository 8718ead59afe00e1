import { describe, expect, test } from "vitest";
import type { Facts } from "../../../src/domain/facts.ts";
import { undoneNews } from "../../../src/domain/telling/undone.ts";
import type { Wished, WishOnRecord } from "../../../src/domain/wish.ts";
import { aKey, anAccess, anAssignment, aPolicyVault, aVersion, PRINCIPAL, someFacts, V1, V2, VAULT_ID } from "../../support/builders.ts";
import { after } from "../../support/turns.ts";
import { aStatusOf, aWish, PREPARE, RESTORE, REVOKE, REVOKE_GRANT } from "../../support/wishes.ts";

const done = aStatusOf({ state: "closed", outcome: "Completed", stands: true });
const off = aVersion(V1, { enabled: false });
const revoked = (over: Partial<WishOnRecord> = {}, what: Wished = REVOKE) => aWish(what, { status: done, ...(over as object) });
const restored = (over: Partial<WishOnRecord> = {}) => aWish(RESTORE, { id: "w2", at: after(60), ...(over as object) });
const told = (over: Partial<Facts>, ...wishes: WishOnRecord[]) => undoneNews(someFacts({ ...over, wishes }));

const keys = { off: { keys: [aKey([off])] }, on: { keys: [aKey([aVersion(V1)])] }, renewed: { keys: [aKey([aVersion(V2), off])] } };
const unread = { state: "unreadable", why: "denied", detail: "403", name: "cmk" } as const;
const without = { access: [anAccess({ assignments: [] })] };

describe("a key that was revoked on purpose", () => {
  test.each<[string, Partial<Facts>, WishOnRecord[], string | null]>([
    ["is disabled still", keys.off, [revoked()], null],
    ["was enabled again", keys.on, [revoked()], V1],
    ["has a new version, by its rotation policy or by hand", keys.renewed, [revoked()], V2],
    ["can't be read", { keys: [unread] }, [revoked()], null],
    ["is deleted", { keys: [{ state: "gone", name: "cmk" }] }, [revoked()], null],
    ["is given back by an operation that is at work", keys.on, [revoked(), restored()], null],
    ["was given back", keys.on, [revoked(), restored({ status: aStatusOf({ state: "closed", outcome: "Completed" }) })], null],
    [
      "was to be given back, which was refused",
      keys.on,
      [revoked(), restored({ status: aStatusOf({ state: "closed", outcome: "Refused" }) })],
      V1,
    ],
    ["is being revoked", keys.on, [revoked({ status: null })], null],
    ["was half revoked, which a person was told", keys.on, [revoked({ status: { ...done, outcome: "Escalated" } })], null],
    ["was never revoked, but prepared", keys.on, [aWish(PREPARE, { status: done })], null],
  ])("%s", (_, over, wishes, version) => {
    const news = told(over, ...wishes);
    expect(news.map(({ text }) => text)).toEqual(version === null ? [] : [expect.stringContaining(`key cmk is enabled, in ${version}`)]);
  });
});

describe("a grant that was taken away on purpose", () => {
  test.each<[string, Partial<Facts>, boolean]>([
    ["is away", without, false],
    ["is there again", { access: [anAccess({ assignments: [anAssignment()] })] }, true],
    ["is away, and so is the database", { ...without, targets: [] }, false],
    ["can't be read", { access: [] }, false],
    ["is there again, as an access policy", { vault: aPolicyVault() }, true],
  ])("%s", (_, over, isTold) => {
    const news = told(over, revoked({}, REVOKE_GRANT));
    expect(news.map(({ text }) => text)).toEqual(isTold ? [expect.stringContaining(`${PRINCIPAL} has access to the key again`)] : []);
  });
});

test("whoever is told learns which revocation, by whom and why, and what to do; once a day, and at once", () => {
  const [news] = told(keys.on, revoked());
  expect(news).toMatchObject({
    type: "Keymend.RevocationUndone",
    weight: "now",
    about: VAULT_ID,
    incidentId: "i1",
    title: "Revoked on purpose, and not any more: revoke on kv-orders/cmk",
    text: expect.stringMatching(/ada revoked it on purpose \(change 42\).*restore.*revoke it again/) as string,
    asks: false,
    data: { operationId: "w1", revokedBy: "ada-id" },
  });
  const [later, nextDay] = [60, 26 * 60].map((minutes) => told({ ...keys.on, at: after(minutes) }, revoked())[0]!);
  expect(later!.id).toBe(news!.id);
  expect(nextDay!.id).not.toBe(news!.id);
});
