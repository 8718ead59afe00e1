import { describe, expect, test } from "vitest";
import type { Facts, Rotation } from "../../../src/domain/facts.ts";
import type { Incident } from "../../../src/domain/incident.ts";
import { judgeOperation } from "../../../src/domain/operations/index.ts";
import { standsInTheWay } from "../../../src/domain/operations/requirements.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import { judgeStep, revokedOnPurpose } from "../../../src/domain/turn/policy.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import { concernsLooks, standingRevocations, takenBackBy, type WishOnRecord } from "../../../src/domain/wish.ts";
import {
  ACCOUNT_ID,
  aCluster,
  aKey,
  anAccount,
  aVersion,
  CLUSTER_ID,
  KEY_URI,
  NOW,
  someFacts,
  someSettings,
  unseen,
  V1,
  V2,
  V3,
  VAULT_ID,
} from "../../support/builders.ts";
import { after, aStep } from "../../support/turns.ts";
import { aStatusOf, aWish, RESTORE, REVOKE, turnOn } from "../../support/wishes.ts";

const REVOKED = { "keymend:revoked": "w1" };
const three = [aVersion(V3), aVersion(V2), aVersion(V1)];
const key = (tags: Record<string, string> = {}, versions = [aVersion(V1)]) => ({ ...aKey(versions), tags }) as Facts["keys"][number];
const off = [aVersion(V1, { enabled: false })];
const unread = { state: "unreadable", why: "denied", detail: "403", name: "cmk" } as const;
const judged = (facts: Facts, wish: WishOnRecord = aWish(REVOKE)) =>
  judgeOperation({ facts: { ...facts, wishes: [...(facts.wishes ?? []), wish] }, diagnosis: diagnose(facts, someSettings()), wish });
const names = (facts: Facts, wish?: WishOnRecord): string[] =>
  judged(facts, wish).drafts.map(({ name, params }) => `${name} ${"version" in params ? params.version[0] : ""}`);

const standing = aWish(REVOKE, { status: aStatusOf({ state: "closed", outcome: "Completed", stands: true }) });
const restoring = (over: Partial<WishOnRecord> = {}) => aWish(RESTORE, { id: "w2", at: after(60), ...(over as object) });

describe("to revoke a key", () => {
  test("is told on the key first, then its latest version is disabled, and whichever a database is known to wrap with", () => {
    expect(names(someFacts())).toEqual(["TagIntent 1", "DisableKeyVersion 1"]);
    const rotated = someFacts({
      keys: [key({}, three)],
      targets: [anAccount({ versionInUse: V1 }), aCluster({ keyUri: `${KEY_URI}/${V2}` })],
    });
    expect(names(rotated)).toEqual(["TagIntent 3", "DisableKeyVersion 3", "DisableKeyVersion 2", "DisableKeyVersion 1"]);
  });

  test("concerns the databases that wrap with that very key, and says which", () => {
    const others = [anAccount(), aCluster({ keyUri: "https://kv-orders.vault.azure.net/keys/other" })];
    const { targetIds, requirements, stands } = judged(someFacts({ targets: others }));
    expect(targetIds).toEqual([ACCOUNT_ID]);
    expect(stands).toBe(true);
    expect(requirements).toMatchObject([
      { name: "key", state: "met" },
      { detail: "orders will be out of reach", advised: true },
      { name: "no rotation by itself", advised: true },
    ]);
    expect(judged(someFacts({ targets: [] })).requirements[1]?.detail).toMatch(/no database/);
  });

  test.each<[string, Rotation | null | undefined, string, RegExp | null]>([
    ["rotates nothing, having no policy", null, "met", null],
    ["rotates nothing by its policy", { rotates: false, expiryTime: null }, "met", null],
    ["rotates", { rotates: true, expiryTime: null }, "unmet", /rotation-policy update --vault-name kv-orders --name cmk --value .*\[\]/],
    ["was read before policies were", undefined, "unknown", /rotation-policy show --vault-name kv-orders --name cmk/],
  ])("tells beforehand of a key that %s, and is refused for none", (_, rotation, state, line) => {
    const { rotation: __, ...without } = aKey([aVersion(V1)]) as Extract<Facts["keys"][number], { state: "live" }>;
    const { requirements } = judged(someFacts({ keys: [rotation === undefined ? without : { ...without, rotation }] }));
    const told = requirements.find(({ name }) => name === "no rotation by itself")!;
    expect(told).toMatchObject({ state, advised: true });
    if (line) expect(told.az.join("\n")).toMatch(line);
    else expect(told.az).toEqual([]);
    expect(requirements.some(standsInTheWay)).toBe(false);
  });

  test.each<[string, Partial<Facts>, string]>([
    ["gone", { keys: [{ state: "gone", name: "cmk" }] }, "unmet"],
    ["out of sight", { keys: [unread] }, "unknown"],
    ["in a vault out of sight", { vault: { ...unread, id: VAULT_ID, name: "kv-orders" }, keys: [] }, "unknown"],
    ["without a version", { keys: [key({}, [])] }, "unmet"],
  ])("is refused for a key that is %s, and plans nothing", (_, over, state) => {
    const { requirements, drafts, reached, undo } = judged(someFacts(over));
    expect(requirements[0]?.state).toBe(state);
    expect([drafts, reached.done, undo]).toEqual([[], false, []]);
    expect(judged(someFacts(over), restoring()).drafts).toEqual([]);
  });

  test("is done once none of them is enabled, and tells the way back", () => {
    const { reached, undo } = judged(someFacts({ keys: [key(REVOKED, off)] }));
    expect(reached).toEqual({
      done: true,
      detail: "no version in use is enabled; orders lose access with the service's next check of its key, within an hour or so",
    });
    expect(undo.join("\n")).toMatch(/--id .*keys\/cmk\/1{32} --enabled true/);
    expect(judged(someFacts({ keys: [key(REVOKED, off)], targets: [] })).reached.detail).toBe("no version in use is enabled");
  });

  test("in the loop: tag, then disable, then over, and the loss is no alarm", () => {
    const wishes = [aWish(REVOKE)];
    const first = decideTurn(turnOn(someFacts({ wishes })));
    expect(first.next).toMatchObject({ do: "step", step: { name: "TagIntent", params: { value: "w1", others: {} } } });
    const second = decideTurn(turnOn(someFacts({ wishes, keys: [key(REVOKED)] }), { incident: first.incident, turn: 1 }));
    expect(second.next).toMatchObject({ do: "step", step: { name: "DisableKeyVersion" } });
    const third = decideTurn(turnOn(someFacts({ wishes, keys: [key(REVOKED, off)] }), { incident: second.incident, turn: 2 }));
    expect(third.next).toMatchObject({ do: "end", outcome: { code: "Completed" } });
    expect(third.incident).toMatchObject({
      wishes: [{ outcome: "Completed", stands: true }],
      targets: [
        {
          outcome: "Refused",
          reason: "RevokedOnPurpose",
          detail: expect.stringMatching(/ada revoked it on purpose .*change 42/) as string,
        },
      ],
      nextLookAt: after(60),
    });
    // The next look finds what was wanted: nothing new to tell anybody, until it is due.
    const facts = someFacts({ wishes: [standing], keys: [key(REVOKED, off)] });
    expect(decideTurn(turnOn(facts, { previous: third.incident, now: after(5) })).incident).toBeNull();
    expect(decideTurn(turnOn(facts, { previous: third.incident, now: after(61) })).next).toMatchObject({
      outcome: { reason: "RevokedOnPurpose" },
    });
  });

  test("goes on where the tag can't be set: it is on record all the same", () => {
    const wishes = [aWish(REVOKE)];
    const first = decideTurn(turnOn(someFacts({ wishes }))).incident!;
    const id = first.plan!.steps[0]!.id;
    const refused = {
      id,
      name: "TagIntent" as const,
      on: "x",
      at: NOW,
      result: "refused" as const,
      detail: "Locked: 409: locked",
      targetIds: [],
      causes: [],
      wish: "w1",
    };
    const incident: Incident = { ...first, applied: [refused] };
    expect(decideTurn(turnOn(someFacts({ wishes }), { incident, turn: 1 })).next).toMatchObject({
      do: "step",
      step: { name: "DisableKeyVersion" },
    });
    const done = decideTurn(turnOn(someFacts({ wishes, keys: [key({}, off)] }), { incident, turn: 2 }));
    expect(done.next).toMatchObject({ outcome: { code: "Completed" } });
  });

  test("called off half way stays what was begun of it, until it is taken back", () => {
    const before = decideTurn(turnOn(someFacts({ wishes: [aWish(REVOKE)] }))).incident!;
    const written = {
      id: "t",
      name: "TagIntent" as const,
      on: KEY_URI,
      at: NOW,
      result: "done" as const,
      detail: "",
      targetIds: [],
      causes: [],
      wish: "w1",
    };
    const wish = aWish(REVOKE, { cancelled: { at: NOW, by: "bob", reason: "stop" } });
    const facts = someFacts({ wishes: [wish], keys: [key(REVOKED)] });
    const { incident } = decideTurn(turnOn(facts, { incident: { ...before, applied: [written] }, turn: 1 }));
    expect(incident?.wishes).toMatchObject([{ outcome: "Refused", reasonCode: "Cancelled", stands: true }]);
    expect(decideTurn(turnOn(facts, { incident: before, turn: 1 })).incident?.wishes).toMatchObject([{ stands: false }]);
  });
});

describe("a revocation that stands", () => {
  const facts = someFacts({ wishes: [standing], keys: [key({}, off)], targets: [anAccount(), aCluster({ keyUri: null })] });

  test("forbids the repair of the databases of that key, tag or no tag, and says who meant it", () => {
    expect(revokedOnPurpose(facts, facts.targets[0]!)).toBe(`ada revoked it on purpose at ${NOW}: change 42 (operation w1)`);
    expect(revokedOnPurpose(facts, facts.targets[1]!)).toBeUndefined();
    expect(judgeStep(aStep({ causes: ["KeyDisabled"] }), facts, someSettings(), [])).toMatchObject({
      kind: "refuse",
      reason: "RevokedOnPurpose",
    });
  });

  test.each<[string, WishOnRecord, boolean]>([
    ["one that wants it back, later", restoring(), false],
    ["one that wanted it back before", aWish(RESTORE, { id: "w2", at: after(-60) }), true],
    ["one of another key", aWish({ operation: "restore", params: { keyUri: `${KEY_URI}-2` } }, { id: "w2", at: after(60) }), true],
    ["one that was called off", restoring({ cancelled: { at: NOW, by: "bob", reason: "no" } }), true],
    ["one that was refused", restoring({ status: aStatusOf({ state: "closed", outcome: "Refused" }) }), true],
    ["one that is done", restoring({ status: aStatusOf({ state: "closed", outcome: "Completed" }) }), false],
    ["something else", aWish(), true],
  ])("beside %s", (_, other, stands) => {
    expect(standingRevocations([standing, other]).length > 0).toBe(stands);
    expect(takenBackBy(other, [standing, other]).length > 0).toBe(!stands);
  });

  test.each<[string, WishOnRecord, boolean]>([
    ["that is to be carried out", aWish(REVOKE), true],
    ["that was called off before it began", aWish(REVOKE, { cancelled: { at: NOW, by: "bob", reason: "no" } }), false],
    ["that was refused", aWish(REVOKE, { status: aStatusOf({ state: "closed", outcome: "Refused" }) }), false],
  ])("is one %s", (_, wish, stands) => expect(standingRevocations([wish]).length > 0).toBe(stands));
});

test("one that is taken back before it began is never carried out", () => {
  const wishes = [aWish(REVOKE), restoring()];
  const { incident, next } = decideTurn(turnOn(someFacts({ wishes, targets: [anAccount(), aCluster({ keyUri: null })] })));
  expect(next).toMatchObject({ do: "end" });
  expect(incident?.applied).toEqual([]);
  expect(incident?.wishes).toMatchObject([
    {
      id: "w1",
      outcome: "Refused",
      reasonCode: "Cancelled",
      detail: "called off: taken back by operation w2: change 42; nothing of it was written",
    },
    { id: "w2", outcome: "Completed" },
  ]);
  // Nor is what was planned before it was taken back.
  const step = decideTurn(turnOn(someFacts({ wishes: [aWish(REVOKE)] }))).next;
  expect(step.do === "step" && judgeStep(step.step, someFacts({ wishes }), someSettings(), [])).toMatchObject({
    kind: "refuse",
    reason: "Cancelled",
  });
});

test("one that had begun to wait and is taken back is over, and stays so once what took it back is over too", () => {
  const waiting = aWish(REVOKE, { status: aStatusOf({ state: "waiting" }) });
  const { incident } = decideTurn(turnOn(someFacts({ wishes: [waiting, restoring()] })));
  expect(incident?.wishes).toMatchObject([
    { id: "w1", state: "closed", outcome: "Refused", reason: "Cancelled", closedAt: NOW, stands: false },
    { id: "w2", state: "closed", outcome: "Completed" },
  ]);
});

test("one that is looked at only after its time is never carried out", () => {
  const wishes = [aWish(REVOKE, { at: after(-60), until: NOW })];
  const { incident, next } = decideTurn(turnOn(someFacts({ wishes })));
  expect(next).toMatchObject({ do: "end", outcome: { code: "Escalated", reason: "OutOfTime" } });
  expect(incident?.wishes).toMatchObject([{ id: "w1", outcome: "Escalated", stands: false }]);
});

test("a look hears of what is open or stands, and of nothing that is over", () => {
  expect([aWish(), standing, aWish(REVOKE, { status: aStatusOf({ state: "closed" }) })].map(concernsLooks)).toEqual([true, true, false]);
});

describe("to give a key back", () => {
  const revoked = (over: Partial<Facts> = {}) => someFacts({ keys: [key(REVOKED, off)], wishes: [standing, restoring()], ...over });

  test("is the consent to the repairs that its databases need, and takes its own tag off last", () => {
    const first = decideTurn(turnOn(revoked()));
    expect(first.next).toMatchObject({
      do: "step",
      step: { name: "EnableKeyVersion", wish: "w2", causes: ["KeyDisabled"], needs: "nothing" },
    });
    const second = decideTurn(turnOn(revoked({ keys: [key({ ...REVOKED, team: "orders" })] }), { incident: first.incident, turn: 1 }));
    expect(second.next).toMatchObject({
      do: "step",
      step: { name: "UntagIntent", wish: "w2", params: { value: "w1", others: { team: "orders" } } },
    });
    const third = decideTurn(turnOn(revoked({ keys: [key()] }), { incident: second.incident, turn: 2, now: after(70) }));
    expect(third.incident?.wishes).toMatchObject([
      { id: "w2", outcome: "Completed", stands: false },
      { id: "w1", outcome: "Completed", stands: false },
    ]);
    expect(third.next).toMatchObject({ do: "end", outcome: { code: "Completed" } });
  });

  test("is no consent to the repair of another key", () => {
    const others = { ...aKey([aVersion(V2, { enabled: false })]), name: "other" };
    const target = aCluster({ keyUri: "https://kv-orders.vault.azure.net/keys/other" });
    const { incident } = decideTurn(turnOn(revoked({ keys: [key(REVOKED, off), others], targets: [anAccount(), target] })));
    expect(incident?.plan?.steps.map(({ on, state }) => [on.split("/").at(-2), state])).toEqual(
      expect.arrayContaining([
        ["cmk", "next"],
        ["other", "waitsForApproval"],
      ]),
    );
  });

  test("is not done before each database has it again", () => {
    const lost = anAccount({
      service: { healthy: false, code: 4018, text: "revoked", clusterStatus: null, provisioningState: "Succeeded" },
    });
    const { reached } = judged(someFacts({ targets: [lost] }), restoring());
    expect(reached).toEqual({ done: false, detail: "waiting for orders to have the key again" });
    const other = aCluster({ id: CLUSTER_ID, keyUri: "https://kv-orders.vault.azure.net/keys/other" });
    expect(judged(someFacts({ targets: [anAccount(), other] }), restoring()).reached.done).toBe(true);
    expect(judged(someFacts({ keys: [key({}, off)] }), restoring()).reached.done).toBe(false);
  });

  test("is not done while one of its databases may not be read", () => {
    const { reached } = judged(someFacts({ missing: [unseen(CLUSTER_ID)] }), restoring());
    expect(reached).toEqual({ done: false, detail: "carts could not be read: whether they have the key again is not known" });
  });

  test("a tag that somebody else has set is theirs to take off", () => {
    const { requirements } = judged(revoked({ keys: [key({ "keymend:revoked": "drill 12" }, off)], wishes: [standing] }), restoring());
    expect(requirements).toMatchObject([{ state: "met" }, { name: "revoked by nobody else", state: "unmet" }]);
    const { next } = decideTurn(turnOn(revoked({ keys: [key({ "keymend:revoked": "drill 12" }, off)] })));
    expect(next).toMatchObject({ do: "end", outcome: { code: "Refused" } });
  });

  test("of a key that was never revoked finds it as it is, and tells how to take it away", () => {
    const { reached, undo, drafts } = judged(someFacts(), restoring());
    expect(reached.done).toBe(true);
    expect(undo).toEqual([`az keyvault key set-attributes --id ${KEY_URI} --enabled false`]);
    expect(drafts.map(({ name }) => name)).toEqual(["EnableKeyVersion"]);
    expect(judgeOperation({ facts: someFacts(), diagnosis: diagnose(someFacts(), someSettings()), wish: restoring() }).reached.done).toBe(
      true,
    );
  });
});
