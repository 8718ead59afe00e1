import { describe, expect, test } from "vitest";
import type { Incident, Next } from "../../../src/domain/incident.ts";
import { newsOfLook } from "../../../src/domain/telling/of-look.ts";
import { DAY, MINUTE } from "../../../src/domain/time.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import { historyOf, plan } from "../../../src/domain/plan/plan.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import { aKey, aVersion, NOW, someFacts, someSettings, V1 } from "../../support/builders.ts";
import { after, aStep, diagnosisOf, planOf, seen, turnInput } from "../../support/turns.ts";

const settings = someSettings({ expiryLeadMs: 30 * DAY });
const soonOver = someFacts({ keys: [aKey([aVersion(V1, { expiresOn: after((6 * DAY) / MINUTE) })])] });
const wait: Next = { do: "wait", until: NOW, why: "" };
const step: Next = { do: "step", step: aStep() };
const end: Next = { do: "end", outcome: { code: "NoChangeNeeded", reason: null, detail: "" } };
const open = (over: Partial<Incident> = {}): Incident => ({
  ...decideTurn(turnInput({ ...diagnosisOf(seen({ phase: "revoked" })), plan: planOf(aStep()) })).incident!,
  ...over,
});

describe("a look tells", () => {
  test.each<[string, Incident | null, Next, string[]]>([
    ["of an expiry, where there is no incident", null, end, ["Keymend.KeyExpiryWarning"]],
    ["of an outage, while it is being mended", open(), step, ["Keymend.Outage"]],
    ["of an outage alone, while it waits for Azure", open({ state: "working" }), wait, ["Keymend.Outage"]],
    [
      "of what is asked and of an expiry too, where a person is waited for",
      asking(),
      wait,
      ["Keymend.Outage", "Keymend.Question", "Keymend.KeyExpiryWarning"],
    ],
    ["of an expiry, where it has ended", open({ state: "closed" }), end, ["Keymend.KeyExpiryWarning"]],
  ])("%s", (_, incident, next, types) => {
    expect(newsOfLook({ incident, next }, soonOver, settings).map(({ type }) => type)).toEqual(types);
  });

  test("of nothing where all is well", () => {
    expect(newsOfLook({ incident: null, next: end }, someFacts(), settings)).toEqual([]);
  });
});

test.each(["observe", "approve"] as const)(
  "over a month of looks at a vault that nothing else is wrong with each stage is told once, in mode %s",
  (mode) => {
    const rules = someSettings({ mode, expiryLeadMs: 30 * DAY });
    const keys = [aKey([aVersion(V1, { expiresOn: after((31 * DAY) / MINUTE) })])];
    const told = new Map<string, number>();
    const all: Incident[] = [];
    for (let hour = 0; hour < 31 * 24; hour += 4) {
      const now = after(hour * 60);
      const facts = someFacts({ at: now, keys });
      const diagnosis = diagnose(facts, rules);
      const last = all.at(-1) ?? null;
      const [incident, previous] = last?.state === "closed" ? [null, last] : [last, null];
      const planned = plan(facts, diagnosis, rules, historyOf(incident));
      const turn = decideTurn(
        turnInput({
          now,
          turn: hour,
          newId: `i${hour}`,
          incident,
          previous,
          signals: [],
          facts,
          diagnosis,
          plan: planned,
          settings: rules,
        }),
      );
      if (turn.incident) all.push(turn.incident);
      for (const { id, type, data } of newsOfLook(turn, facts, rules))
        if (type === "Keymend.KeyExpiryWarning") told.set(id, Number(data["stageDays"]));
    }
    expect([...told.values()]).toEqual([30, 14, 7, 1]);
  },
);

function asking(): Incident {
  const incident = open();
  const steps = incident.plan!.steps.map((one) => ({ ...one, state: "waitsForApproval" as const }));
  return { ...incident, state: "waiting", plan: { hash: "p1", steps } };
}
