import { describe, expect, test } from "vitest";
import type { CauseCode } from "../../../src/domain/cause-code.ts";
import type { Facts } from "../../../src/domain/facts.ts";
import { authorsIn, type LogEntry } from "../../../src/domain/turn/activity-log.ts";
import { questionsOf } from "../../../src/domain/turn/log-questions.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import { ACCOUNT_ID, aBaseline, IDENTITY_ID, someFacts, someSettings, SUBSCRIPTION_ID, VAULT_ID } from "../../support/builders.ts";
import { after, aSignal, aStep, diagnosisOf, finding, planOf, seen, turnInput } from "../../support/turns.ts";

const settings = someSettings({ privilegedCallers: ["boss"] });
const facts = someFacts({ baseline: aBaseline({ at: after(-15) }) });
const boss = { objectId: "boss", name: null };

type Over = { cause?: CauseCode; by?: typeof boss | null; minutes?: number; facts?: Facts; settings?: typeof settings };

function asked({ cause = "AccessMissing", by = null, minutes = 20, ...over }: Over = {}) {
  const step = aStep({ causes: [cause] });
  const what = { settings, facts, ...over };
  const input = turnInput({
    ...what,
    signals: [aSignal({ caller: by })],
    plan: planOf(step),
    ...diagnosisOf(seen({ findings: [finding(cause)] })),
  });
  const { incident } = decideTurn(input);
  return questionsOf({ ...input, incident, signals: [], now: after(minutes) }).activity;
}

describe("the activity log is asked", () => {
  test("for every group that anything lies in, and for role assignments over the subscription, since the last healthy look", () => {
    expect(asked()).toEqual({
      since: after(-20),
      until: after(20),
      groups: [...new Set([VAULT_ID, IDENTITY_ID, ACCOUNT_ID].map((id) => id.split("/")[4]))].map((name) => ({
        subscriptionId: SUBSCRIPTION_ID,
        name,
      })),
      subscriptionIds: [SUBSCRIPTION_ID],
    });
  });

  test.each<[string, Over]>([
    ["where nobody's changes count as meant", { settings: someSettings() }],
    ["where an event has named the author", { by: boss }],
    ["while it can still lack what is minutes old (Microsoft Learn, Azure Monitor activity log)", { minutes: 19 }],
    ["of what happens to a key, which is not in it", { cause: "KeyDisabled" }],
    ["where nothing was ever healthy", { facts: someFacts() }],
    ["of what is older than it keeps", { facts: someFacts({ baseline: aBaseline({ at: after(-91 * 24 * 60) }) }) }],
  ])("not %s", (_, over) => {
    expect(asked(over)).toBeUndefined();
  });

  test("of no group where an id is of none, nor of a vault that is nowhere", () => {
    const target = { ...facts.targets[0]!, attached: [{ id: "odd", principalId: null, clientId: null }] };
    const question = asked({ facts: { ...facts, vault: null, identities: [], targets: [target] } });
    expect(question?.groups).toEqual([{ subscriptionId: SUBSCRIPTION_ID, name: ACCOUNT_ID.split("/")[4] }]);
  });
});

const entry = (over: Partial<LogEntry> = {}): LogEntry => ({
  operation: "Microsoft.Authorization/roleAssignments/delete",
  resource: `${VAULT_ID}/providers/Microsoft.Authorization/roleAssignments/5a2b6c1e-0000-4000-8000-000000000009`,
  at: after(-1),
  objectId: "boss",
  ...over,
});

test("an entry names who did what, where, and when", () => {
  expect(authorsIn([entry()])).toEqual([
    {
      objectId: "boss",
      operation: "microsoft.authorization/roleassignments/delete",
      scope: { kind: "vault", id: VAULT_ID, assignment: "5a2b6c1e-0000-4000-8000-000000000009" },
      at: after(-1),
    },
  ]);
});

test.each<[string, Partial<LogEntry>]>([
  ["who is not told", { objectId: null }],
  ["what takes no key away", { operation: "Microsoft.Storage/storageAccounts/write" }],
  ["a resource that does not fit", { resource: "/odd" }],
])("an entry names nobody for %s", (_, over) => {
  expect(authorsIn([entry(over)])).toEqual([]);
});

describe("a turn to which the log was read", () => {
  const first = decideTurn(turnInput({ settings, facts })).incident!;
  const second = (over: Parameters<typeof turnInput>[0]) =>
    decideTurn(turnInput({ incident: first, turn: 1, now: after(20), signals: [], settings, facts, ...over }));
  const later = (by: string) => second({ logged: authorsIn([entry({ objectId: by })]) });

  test("asks where it names somebody whose changes count as meant, and acts where it names somebody else", () => {
    expect(later("boss").next).toMatchObject({ do: "wait" });
    expect(later("ada").next).toMatchObject({ do: "step" });
  });

  test("tells it once, and remembers it", () => {
    const { incident, entries } = later("boss");
    expect(entries.map(({ what }) => what)).toContain("the activity log says: microsoft.authorization/roleassignments/delete by boss");
    const logged = authorsIn([entry()]);
    const again = decideTurn(turnInput({ incident, turn: 2, now: after(35), signals: [], settings, facts, logged }));
    expect(again.entries.filter(({ kind }) => kind === "signal")).toEqual([]);
    expect(again.incident!.authors).toEqual(logged);
  });
  test("knows Keymend's own writes as no one's change", () => {
    const own = { ...settings, principals: { observe: "reader", access: "me" } };
    expect(second({ settings: own, logged: authorsIn([entry({ objectId: "ME" })]) }).incident!.authors).toEqual([]);
  });

  test("tells once that a log could not be read, and asks as before", () => {
    const unread = [{ log: "the activity log" as const, detail: "403" }];
    const { incident, entries, next } = second({ unread });
    expect(next).toMatchObject({ do: "wait" });
    const said = "who made the change stays unknown: the activity log can't be read: 403";
    expect(entries).toContainEqual(expect.objectContaining({ kind: "note", what: said }));
    const again = decideTurn(turnInput({ incident, turn: 2, now: after(35), signals: [], settings, facts, unread }));
    expect(again.entries).toEqual([]);
    const other = [{ log: "the vault's audit log" as const, detail: "500" }];
    expect(second({ unread: [...unread, ...other] }).entries.filter(({ kind }) => kind === "note")).toHaveLength(2);
  });
});
