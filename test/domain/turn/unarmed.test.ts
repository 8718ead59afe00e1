import { describe, expect, test } from "vitest";
import type { Facts } from "../../../src/domain/facts.ts";
import type { Incident, Next } from "../../../src/domain/incident.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import { historyOf, plan } from "../../../src/domain/plan/plan.ts";
import type { Settings } from "../../../src/domain/settings.ts";
import { unarmedAfter } from "../../../src/domain/turn/unarmed.ts";
import { ACCOUNT_ID, anAccount, APP_ID, aSubscription, someFacts, someSettings, VAULT_ID } from "../../support/builders.ts";
import { applied } from "../../support/turns.ts";

const END: Next = { do: "end", outcome: { code: "NoChangeNeeded", reason: null, detail: "" } };
const properties = { destination: { properties: { resourceId: `${APP_ID}/functions/onKeyVaultEvent` } } };

type Over = { facts?: Partial<Facts>; settings?: Partial<Settings>; next?: Next; change?: Partial<Incident>; held?: boolean };

function said({ facts: over, settings: some, next = END, change, held = false }: Over) {
  const facts = someFacts({ eventTopic: null, ...over });
  const settings = someSettings({ functionAppId: APP_ID, ...some });
  const planned = plan(facts, diagnose(facts, settings), settings, historyOf(null));
  const why = { reason: "Paused" as const, since: "", why: "nothing is written: Ada paused Keymend" };
  const incident = change ? ({ applied: [], ...change } as unknown as Incident) : null;
  const steps = planned.steps.map((step) => (change ? { ...step, id: "arm" } : step));
  return unarmedAfter({ facts, plan: { ...planned, steps }, settings, held: held ? why : null }, next, incident);
}

describe("of a vault that is not armed is said why, and how a person arms it", () => {
  test.each<[string, Over, string]>([
    ["nothing may be written", { settings: { mode: "observe" } }, "in mode observe nothing is written"],
    [
      "its database says so",
      { facts: { targets: [anAccount({ tags: { "keymend:mode": "observe" } })] } },
      "in mode observe nothing is written",
    ],
    ["a person would have to be asked", { settings: { mode: "approve" } }, "mode approve: every plan waits for a person"],
    [
      "it is deployed without the identity that writes it",
      { settings: { principals: { observe: "o", keys: "k" } } },
      "Keymend is deployed without the capability vaults, which writes it",
    ],
    ["Keymend is paused", { held: true }, "nothing is written: Ada paused Keymend"],
    [
      "Azure has refused it",
      { change: applied({ id: "arm", result: "refused", detail: "NotPermitted: no" }) },
      "Azure refused to make one: no",
    ],
    [
      "it was tried and failed",
      { change: applied({ id: "arm", result: "failed", detail: "it broke" }) },
      "Azure refused to make one: it broke",
    ],
  ])("%s", (_, over, because) => {
    expect(said(over)).toEqual({
      vaultId: VAULT_ID,
      why: `no event subscription brings its events to Keymend: ${because}`,
      az: expect.arrayContaining([expect.stringContaining("/eventSubscriptions/keymend-keys?")]) as string[],
    });
  });

  test("unless nothing depends on it any more, which no look will come to again", () => {
    expect(said({ facts: { targets: [] }, settings: { mode: "observe" } })).toBe("needless");
    const unread = { state: "unreadable", why: "denied", detail: "no" } as const;
    const missing = [{ kind: "account", id: ACCOUNT_ID, ...unread }] as const;
    expect(said({ facts: { targets: [], missing: [...missing] }, settings: { mode: "observe" } })).toMatchObject({ vaultId: VAULT_ID });
  });

  test("where nothing is to be made there is no command", () => {
    const read = someFacts();
    expect("eventTopic" in read).toBe(false);
    const settings = someSettings({ functionAppId: APP_ID });
    expect(unarmedAfter({ facts: read, plan: { steps: [], blocks: [] }, settings, held: null }, END, null)).toEqual({
      vaultId: VAULT_ID,
      why: "its event subscriptions can't be read",
      az: [],
    });
  });
});

test.each<[string, Over]>([
  ["it is being made", { next: { do: "step", step: {} as never } }],
  ["nothing keeps Keymend from making it", {}],
  ["what was made before shows only later", { change: applied({ id: "arm" }) }],
  ["from mode approve on it is done unasked", { settings: { mode: "approve", armFrom: "approve" } }],
  ["Keymend does not know which app it is", { settings: { functionAppId: null } }],
])("nothing is said where %s", (_, over) => {
  expect(said(over)).toBe("unsure");
});

test("one that is armed is", () => {
  expect(said({ facts: { eventSubscriptions: [aSubscription({ properties })] } })).toBe("armed");
});
