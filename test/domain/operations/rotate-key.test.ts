import { describe, expect, test } from "vitest";
import type { Facts, KeyVersionFacts } from "../../../src/domain/facts.ts";
import { judgeOperation } from "../../../src/domain/operations/index.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import {
  ACCOUNT_ID,
  aBaseline,
  aCluster,
  aHolder,
  aKey,
  anAccount,
  aVersion,
  KEY_URI,
  NOW,
  revoked,
  someFacts,
  someSettings,
  unseen,
  V1,
  V2,
} from "../../support/builders.ts";
import { DAY } from "../../../src/domain/time.ts";
import { after } from "../../support/turns.ts";
import { aStatusOf, aWish, ROTATE, turnOn } from "../../support/wishes.ts";

const made = (over: Partial<KeyVersionFacts> = {}) => [aVersion(V2, { createdOn: NOW, ...over }), aVersion(V1)];
const rotated = (over: Partial<Facts> = {}) => someFacts({ keys: [aKey(made())], ...over });
const judged = (facts: Facts) => judgeOperation({ facts, diagnosis: diagnose(facts, someSettings()), wish: aWish(ROTATE) });

test("a new version is made once, while the databases are well, and known by its time", () => {
  expect(judged(someFacts()).drafts).toMatchObject([{ name: "CreateKeyVersion", params: { key: "cmk", since: NOW } }]);
  expect(judged(someFacts()).reached).toEqual({ done: false, detail: "a new version is to be made" });
  const wishes = [aWish(ROTATE)];
  const first = decideTurn(turnOn(someFacts({ wishes })));
  expect(first.next).toMatchObject({ do: "step", step: { name: "CreateKeyVersion", wish: "w1" } });
  const target = anAccount({ versionInUse: V1 });
  const second = decideTurn(turnOn(rotated({ wishes, targets: [target] }), { incident: first.incident, turn: 1, now: after(1) }));
  expect(second.next).toMatchObject({ do: "wait", why: `orders still to move to the version of ${NOW}` });
  const third = decideTurn(
    turnOn(rotated({ wishes, targets: [anAccount({ versionInUse: V2 })] }), { incident: second.incident, turn: 2, now: after(60) }),
  );
  expect(third.next).toMatchObject({
    do: "end",
    outcome: { code: "Completed", detail: expect.stringMatching(/version 1{32} stays enabled/) as string },
  });
});

test("nothing is rotated while one of its databases has no access; once it is made that is no reason to stop", () => {
  const lost = anAccount({ service: revoked() });
  const other = aCluster({ keyUri: `${KEY_URI}-2`, service: revoked() });
  expect(judged(someFacts({ targets: [lost, other] })).requirements[2]).toMatchObject({
    state: "unmet",
    detail: "orders have no access to it now",
  });
  expect(judged(rotated({ targets: [lost] })).requirements[2]).toMatchObject({ state: "met" });
  expect(decideTurn(turnOn(someFacts({ targets: [lost], wishes: [aWish(ROTATE)] }))).incident?.wishes).toMatchObject([
    { requirements: [{}, {}, { state: "unmet" }] },
  ]);
});

test.each<[string, Partial<Facts>, boolean]>([
  ["an account that says so", { targets: [anAccount({ versionInUse: V2.toUpperCase() })] }, true],
  ["an account that says another", { targets: [anAccount({ versionInUse: V1 })] }, false],
  ["a cluster pinned to the old one", { targets: [aCluster({ keyUri: `${KEY_URI}/${V1}` })] }, false],
  ["a cluster that follows, a moment later", { targets: [aCluster()] }, false],
  ["a cluster that follows, after a whole check of the service's", { targets: [aCluster()], at: after(66) }, true],
  ["no database at all", { targets: [] }, true],
  ["one of another key", { targets: [anAccount({ keyUri: `${KEY_URI}-2`, versionInUse: V1 })] }, true],
])("is on it or not: %s", (_, over, done) => expect(judged(rotated(over)).reached.done).toBe(done));

describe("a database that can't be read", () => {
  const elsewhere = aBaseline({ holders: { [ACCOUNT_ID.toUpperCase()]: { ...aHolder(), key: "other" } } });

  test.each<[string, Partial<Facts>, boolean]>([
    ["of which nothing is known", { missing: [unseen()] }, false],
    ["that was last seen well with this key", { missing: [unseen()], baseline: aBaseline() }, false],
    ["that was last seen well with another", { missing: [unseen()], baseline: elsewhere }, true],
    ["that is gone", { missing: [{ kind: "account", id: ACCOUNT_ID, state: "gone" }] }, true],
  ])("is never said to be on the new version: %s", (_, over, done) => {
    const { reached } = judged(rotated({ targets: [], ...over }));
    expect(reached.done).toBe(done);
    if (!done) expect(reached.detail).toBe("orders could not be read: which version they are on is not known");
  });

  test("keeps a rotation from beginning, with the way to see it, and stops none half way", () => {
    const [, , well] = judged(someFacts({ targets: [], missing: [unseen()] })).requirements;
    expect(well).toMatchObject({ name: "databases are well", state: "unknown", detail: "orders could not be read" });
    expect(well!.az).not.toEqual([]);
    expect(judged(rotated({ targets: [], missing: [unseen()] })).requirements[2]).toMatchObject({ state: "met" });
  });
});

test("a cluster that is pinned is moved along: the wish is the consent", () => {
  const targets = [aCluster({ keyUri: `${KEY_URI}/${V1}` })];
  const { next } = decideTurn(
    turnOn(rotated({ targets, wishes: [aWish(ROTATE)] }), {}, someSettings({ causes: { KeyVersionPinned: "ask" } })),
  );
  expect(next).toMatchObject({ do: "step", step: { name: "SetClusterEncryption", wish: "w1", needs: "nothing" } });
});

test("the version before is told as needless by what the databases show, with what may need it still", () => {
  const on = (over: Partial<Facts> = {}) => judged(rotated(over)).disposable;
  const both = [anAccount({ versionInUse: V2 }), aCluster()];
  expect(on({ targets: both })).toEqual([
    `# no database shows version ${V1} of key cmk any more, as of ${NOW}`,
    "# carts tell no version: the vault's log shows who uses which",
    `# backups of orders, carts from that time are restored with version ${V1} of key cmk: it stays enabled while one of them is kept`,
    expect.stringMatching(/^az cosmosdb show --name orders .*--query backupPolicy$/),
    expect.stringMatching(new RegExp(`^az keyvault key set-attributes --id \\S+/${V1} --enabled false$`)),
  ]);
  const reaching = { targets: [anAccount({ versionInUse: V2, backupsReachMs: 30 * DAY })] };
  expect(on(reaching)[1]).toBe(
    `# backups of orders from before ${NOW} are restored with version ${V1} of key cmk: the last of them is kept until ${after(30 * 24 * 60)}`,
  );
  expect(on({ targets: [anAccount({ versionInUse: V1 }), aCluster()] })).toEqual([
    `# orders still show another version than ${V2}: all stay`,
  ]);
  const off = [aKey([made()[0]!, aVersion(V1, { enabled: false })])];
  expect(on({ targets: [], keys: off }).at(-1)).toBe(`# version ${V1} of key cmk is disabled already`);
  expect([judged(someFacts()).disposable, on({ keys: [aKey(made().slice(0, 1))] }), on({ keys: [] })]).toEqual([[], [], []]);
});

test.each<[string, string | null, number]>([
  ["was seen on the new version", V2, 10],
  ["may have been moved at the latest, where it tells no version", null, 24 * 60 + 10],
])("of backups those count that were made until the database %s, however late that is looked up", (_, versionInUse, minutes) => {
  const facts = rotated({ at: after(5 * 24 * 60), targets: [anAccount({ versionInUse, backupsReachMs: 7 * DAY })] });
  const wish = aWish(ROTATE, { status: aStatusOf({ disposable: { from: after(24 * 60 + 10) } }) });
  const backups = judgeOperation({ facts, diagnosis: diagnose(facts, someSettings()), wish }).disposable.find((line) =>
    line.includes("backups of"),
  );
  expect(backups).toMatch(`from before ${after(minutes)} are restored`);
  expect(backups).toMatch(`is kept until ${after(7 * 24 * 60 + minutes)}`);
});

test("of one that tells no version nobody says that it is on the new one", () => {
  const how = (targets: Facts["targets"]): string =>
    judged(rotated({ at: after(66), targets })).reached.detail.replace(/; version \S+ stays enabled.*$/, "");
  const silent = `carts tell no version: the service moves them to ${V2} within 24 hours of its making`;
  expect(how([aCluster()])).toBe(silent);
  expect(how([anAccount({ versionInUse: V2 }), aCluster()])).toBe(`orders are on version ${V2}; ${silent}`);
  expect(how([anAccount({ versionInUse: V2 })])).toBe(`every database is on version ${V2}`);
});

test("a key that is not there is not rotated, and one that had no version before tells of none", () => {
  expect(judged(someFacts({ keys: [{ state: "gone", name: "cmk" }] })).drafts).toEqual([]);
  const only = someFacts({ keys: [aKey(made().slice(0, 1))], targets: [] });
  expect(judged(only).reached.detail).toBe(`every database is on version ${V2}`);
  expect(judged(only).undo).toEqual([]);
});
