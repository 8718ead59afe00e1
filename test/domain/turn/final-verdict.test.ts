import { describe, expect, test } from "vitest";
import type { Incident } from "../../../src/domain/incident.ts";
import { DAY, HOUR, MINUTE, toIso, toMs } from "../../../src/domain/time.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import { NOW } from "../../support/builders.ts";
import {
  aBlock,
  after,
  aSignal,
  aStep,
  blocked,
  diagnosisOf,
  finding,
  healthy,
  planOf,
  seen,
  turnInput,
  turns,
} from "../../support/turns.ts";

/** Tells what differs apart. */
const digest = (value: unknown): string => JSON.stringify(value);
const gone = { digest, plan: blocked(aBlock()), ...diagnosisOf(seen({ findings: [finding("KeyGone")] })) };
const back = { digest, plan: planOf(aStep({ needs: "approval" })), ...diagnosisOf(seen({ findings: [finding("KeyDeleted")] })) };
const well = { digest, plan: planOf(), ...diagnosisOf(healthy()) };
const sweep = { signals: [aSignal({ id: "s2", source: "sweep" })], newId: "i2" };

function verdict(): Incident {
  const { incident } = turns(gone, { ...gone, now: after(15) });
  if (!incident) throw new Error("no incident");
  return incident;
}
const later = (ms: number): string => toIso(toMs(verdict().closedAt!) + ms);

describe("that nobody can mend it", () => {
  test("is said only once it was so for a quarter of an hour: a deleted key may be nowhere for longer than anybody has recorded", () => {
    expect(turns(gone, { ...gone, now: after(14) }).next).toMatchObject({ do: "wait" });
    expect(verdict()).toMatchObject({ outcome: "Unrecoverable", reason: "KeyGone", nextLookAt: later(5 * MINUTE) });
  });

  test("leaves no trace where it turns out otherwise before", () => {
    expect(turns(gone, { ...back, now: after(6) }).incident).toMatchObject({ outcome: null, state: "waiting" });
  });

  test.each<[string, number, string | null]>([
    ["after five minutes", 5 * MINUTE, null],
    ["at the end of its first day", DAY - MINUTE, null],
    ["a day later", DAY, "i2"],
  ])("is looked at %s and told again only after its first day", (_when, ms, id) => {
    const turn = decideTurn(turnInput({ ...gone, ...sweep, now: later(ms), previous: verdict() }));
    expect(turn.incident?.id ?? null).toBe(id);
    if (id === null) expect(turn.next).toMatchObject({ do: "end", outcome: { code: "Unrecoverable", detail: "as before" } });
  });

  test("is told once a day from then on", () => {
    const again = { ...gone, ...sweep, previous: verdict() };
    const first = decideTurn(turnInput({ ...again, now: later(DAY) })).incident!;
    const { incident } = decideTurn(turnInput({ ...gone, incident: first, previous: verdict(), now: later(DAY + HOUR) }));
    expect(incident).toMatchObject({ outcome: "Unrecoverable", nextLookAt: later(2 * DAY + HOUR) });
  });

  test.each([
    ["it can be mended after all", back],
    ["it is well after all", well],
  ])("is taken back in words where %s", (_what, found) => {
    const { incident, entries } = decideTurn(turnInput({ ...found, ...sweep, now: later(5 * MINUTE), previous: verdict() }));
    expect(incident?.id).toBe("i2");
    expect(entries.map(({ what }) => what)).toContain(
      `KeyGone was told as final on ${verdict().closedAt} (incident i1), and turns out otherwise`,
    );
  });

  test("is not taken back where only the service has noticed by now", () => {
    const worse = { ...gone, ...diagnosisOf(seen({ phase: "revoked", findings: [finding("KeyGone")] })) };
    const { incident, entries } = decideTurn(turnInput({ ...worse, ...sweep, now: later(5 * MINUTE), previous: verdict() }));
    expect(incident?.id).toBe("i2");
    expect(entries.map(({ what }) => what).join()).not.toContain("turns out otherwise");
  });

  test("is told well once: the look after that is quiet", () => {
    const told = decideTurn(turnInput({ ...well, ...sweep, now: later(5 * MINUTE), previous: verdict() })).incident!;
    expect(told).toMatchObject({ outcome: "NoChangeNeeded", state: "closed" });
    expect(decideTurn(turnInput({ ...well, ...sweep, now: NOW, previous: told })).incident).toBeNull();
  });
});
