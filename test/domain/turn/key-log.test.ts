import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { causes } from "../../../src/domain/causes/index.ts";
import type { CauseCode } from "../../../src/domain/cause-code.ts";
import type { Facts } from "../../../src/domain/facts.ts";
import { LOG_OPERATIONS } from "../../../src/domain/signal.ts";
import { authorsInKeyLog, type KeyLogEntry } from "../../../src/domain/turn/key-log.ts";
import { questionsOf } from "../../../src/domain/turn/log-questions.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import { ACCOUNT_ID, anAccount, aBaseline, someFacts, someSettings, VAULT_ID } from "../../support/builders.ts";
import { after, aSignal, aStep, diagnosisOf, finding, planOf, seen, turnInput } from "../../support/turns.ts";

const settings = someSettings({ privilegedCallers: ["boss"], logWorkspace: "w1" });
const facts = someFacts({
  baseline: aBaseline({ at: after(-15) }),
  targets: [anAccount({ keyUri: "https://kv-orders.vault.azure.net/keys/cmk" })],
});
const KEY = "https://kv-orders.vault.azure.net/keys/cmk";

type Over = { cause?: CauseCode; minutes?: number; facts?: Facts; settings?: typeof settings };

/** A turn at the loss, and what a later one would ask. */
function lost({ cause = "KeyDisabled", ...over }: Over = {}) {
  const given = {
    settings,
    facts,
    ...over,
    plan: planOf(aStep({ causes: [cause] })),
    ...diagnosisOf(seen({ findings: [finding(cause)] })),
  };
  const signals = [aSignal({ source: "sweep", what: "sweep" })];
  return { given, turn: decideTurn(turnInput({ ...given, signals })) };
}

function asked({ minutes = 20, ...over }: Over = {}) {
  const { given, turn } = lost(over);
  return questionsOf({ ...given, incident: turn.incident, signals: [], now: after(minutes) }).keys;
}

describe("the vault's audit log is asked", () => {
  test("for what happened to its keys since the last healthy look", () => {
    expect(asked()).toEqual({ workspaceId: "w1", vaultId: VAULT_ID, operations: LOG_OPERATIONS, since: after(-20), until: after(20) });
  });

  test.each<[string, Over]>([
    ["where nobody's changes count as meant", { settings: { ...settings, privilegedCallers: [] } }],
    ["where no workspace is named", { settings: { ...settings, logWorkspace: null } }],
    ["while it can still lack what is minutes old (Microsoft Learn, Azure Key Vault logging)", { minutes: 19 }],
    ["of what the activity log knows", { cause: "AccessMissing" }],
    ["of what nobody does", { cause: "VaultUnreachable" }],
    ["where nothing was ever healthy", { facts: someFacts() }],
    ["of no vault", { facts: { ...facts, vault: null } }],
  ])("not %s", (_, over) => {
    expect(asked(over)).toBeUndefined();
  });

  test("not where an author is named", () => {
    const { given, turn } = lost();
    const logged = authorsInKeyLog([entry()], VAULT_ID);
    const named = decideTurn(turnInput({ ...given, incident: turn.incident, turn: 1, signals: [], now: after(20), logged })).incident;
    expect(questionsOf({ ...given, incident: named, signals: [], now: after(20) })).toEqual({});
  });
});

const entry = (over: Partial<KeyLogEntry> = {}): KeyLogEntry => ({
  operation: "KeyUpdate",
  uris: [`${KEY}/1`, `${KEY}/1?api-version=7.4`],
  at: after(-1),
  objectId: "boss",
  ...over,
});

describe("a row of it", () => {
  test.each([
    [[`${KEY}/c0d4c7ec6efb4fbeaec16a3872519399`]],
    [[KEY]],
    [["https://kv-orders.vault.azure.net/deletedkeys/cmk"]],
    [["https://kv-orders.vault.azure.net/", `${KEY}?api-version=7.4`]],
  ])("names who did what to which key: %j", (uris) => {
    const scope = { kind: "key", vaultId: VAULT_ID, name: "cmk" };
    expect(authorsInKeyLog([entry({ uris })], VAULT_ID)).toEqual([{ objectId: "boss", operation: "keyupdate", scope, at: after(-1) }]);
  });

  test.each<[string, Partial<KeyLogEntry>]>([
    ["who is not told", { objectId: null }],
    ["what is no key", { uris: ["https://kv-orders.vault.azure.net/secrets/cmk"] }],
    ["where nothing tells which", { uris: [] }],
  ])("names nobody for %s", (_, over) => {
    expect(authorsInKeyLog([entry(over)], VAULT_ID)).toEqual([]);
  });
});

describe("who changed a key", () => {
  function later(cause: CauseCode, over: Partial<KeyLogEntry>, of: Partial<Over> & { vaultId?: string } = {}) {
    const { given, turn } = lost({ cause, ...of });
    const logged = authorsInKeyLog([entry({ objectId: "ada", ...over })], of.vaultId ?? VAULT_ID);
    return decideTurn(turnInput({ ...given, incident: turn.incident, turn: 1, signals: [], now: after(20), logged }));
  }

  test.each<[CauseCode, string]>([
    ["KeyDisabled", "KeyUpdate"],
    ["KeyDisabled", "KeyCreate"],
    ["OldVersionDisabled", "KeyUpdate"],
    ["KeyExpired", "KeyUpdate"],
    ["KeyExpired", "KeyRotate"],
    ["KeyNearExpiry", "KeyImport"],
    ["KeyNotYetValid", "KeyUpdate"],
    ["KeyOperationsRemoved", "KeyUpdate"],
    ["KeyUnfit", "KeyRestore"],
    ["KeyDeleted", "KeyDelete"],
    ["KeyGone", "KeyPurge"],
  ])("is who can have made %s: %s", (cause, operation) => {
    expect(later(cause, { operation }).next).toMatchObject({ do: "step" });
    expect(later(cause, { operation, objectId: "boss" }).next).toMatchObject({ do: "wait" });
    expect(later(cause, { operation }).entries.map(({ what }) => what)).toContain(
      `the vault's audit log says: ${operation.toLowerCase()} by ada`,
    );
  });

  test.each<[string, CauseCode, Partial<KeyLogEntry>, Partial<Over> & { vaultId?: string }]>([
    ["did something else", "KeyDeleted", { operation: "KeyUpdate" }, {}],
    ["made an older version unusable by a new one", "OldVersionDisabled", { operation: "KeyRotate" }, {}],
    ["changed another key", "KeyDisabled", { uris: [`${KEY}-2/1`] }, {}],
    ["changed a key of another vault", "KeyDisabled", {}, { vaultId: `${VAULT_ID}-2` }],
    ["came long after the loss was seen", "KeyDisabled", { at: after(6) }, {}],
    ["changed a key that no database names", "KeyDisabled", {}, { facts: { ...facts, targets: [anAccount({ keyUri: null })] } }],
    [
      "changed a key of a vault, where there is none",
      "KeyDisabled",
      {},
      { facts: { ...facts, vault: null, patient: { id: ACCOUNT_ID, kind: "database", vaultName: null } } },
    ],
  ])("is not who %s", (_, cause, over, of) => {
    expect(later(cause, over, of).next).toMatchObject({ do: "wait" });
  });

  test("is known of every cause by an operation of the activity log, of keys, or by none", () => {
    const isOfKey = ({ code }: { code: CauseCode }): boolean => asked({ cause: code }) !== undefined;
    expect(causes.filter(isOfKey).map(({ code }) => code)).toEqual(
      causes.map(({ code }) => code).filter((code) => /^(Key(?!Uri|VersionPinned)|OldVersion)/.test(code)),
    );
  });
});

test("who did the same again after the loss was seen had done it before", () => {
  const { given, turn } = lost({ cause: "KeyDisabled" });
  const same = { operation: "KeyUpdate", uris: [KEY], objectId: "ada" };
  const entries = [
    { ...same, at: after(9) },
    { ...same, at: after(-2) },
    { ...same, at: after(7) },
  ];
  const next = (some: typeof entries): string =>
    decideTurn(
      turnInput({ ...given, incident: turn.incident, turn: 1, signals: [], now: after(20), logged: authorsInKeyLog(some, VAULT_ID) }),
    ).next.do;
  expect(next(entries)).toBe("step");
  expect(next(entries.toSpliced(1, 1))).toBe("wait");
});

test("whatever the logs say, a loss is undone unasked only where somebody is named and nobody whose changes count as meant", () => {
  const { given, turn } = lost({ cause: "KeyDisabled" });
  const rows = fc.array(
    fc.record({
      operation: fc.constantFrom("KeyUpdate", "KeyCreate", "KeyDelete", "KeyGet", "constructor"),
      uris: fc.constantFrom([KEY], [`${KEY}/1`], [`${KEY}-2`], ["https://kv-orders.vault.azure.net/"], []),
      at: fc.integer({ min: -60, max: 20 }).map(after),
      objectId: fc.constantFrom("boss", "BOSS", "ada", "me", null),
    }),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(rows, (entries) => {
      const own = { ...settings, principals: { observe: "reader", keys: "me" } };
      const logged = authorsInKeyLog(entries, VAULT_ID);
      const { next } = decideTurn(
        turnInput({ ...given, settings: own, incident: turn.incident, turn: 1, signals: [], now: after(20), logged }),
      );
      const explains = entries.filter(
        ({ operation, uris, at }) =>
          ["KeyUpdate", "KeyCreate"].includes(operation) && uris.some((uri) => uri.startsWith(KEY) && uri !== `${KEY}-2`) && at <= after(5),
      );
      const authors = explains.map(({ objectId }) => objectId?.toLowerCase()).filter((id) => id !== undefined && id !== "me");
      expect(next.do).toBe(authors.length > 0 && !authors.includes("boss") ? "step" : "wait");
    }),
  );
});

describe("a look is planned for when the log can be whole", () => {
  const until = (over: Over, now = 19) => {
    const { given, turn } = lost(over);
    const next = decideTurn(turnInput({ ...given, incident: turn.incident, turn: 1, signals: [], now: after(now) })).next;
    return next.do === "wait" ? next.until : next.do;
  };

  test("twenty minutes after the loss was seen, where an author is missed", () => {
    expect(until({})).toBe(after(20));
    expect(until({ cause: "AccessMissing" })).toBe(after(20));
    expect(until({ cause: "AccessMissing", settings: { ...settings, logWorkspace: null } })).toBe(after(20));
  });

  test("and at the usual time where no log can name one, or it is not due before", () => {
    expect(until({ settings: { ...settings, logWorkspace: null } })).toBe(after(21));
    expect(until({ facts: someFacts() })).toBe(after(21));
    expect(until({}, 2)).toBe(after(4));
    expect(until({}, 20)).toBe(after(22));
  });
});
